import { Hono } from 'hono';
import type { HttpEnv } from './context.ts';

/**
 * One thing that is looked at; `problem` says what is wrong and what to do. Where it `blocks`, this replica takes no
 * requests until it is gone; else it is only told, as it is the same on every replica.
 */
export type ReadinessCheck = { name: string; blocks: boolean; problem(): Promise<string | undefined> };

/**
 * `/readyz`: whether this replica can work. Reasons quote what systems outside said, so they are for operators alone:
 * where strangers may ask too, a check that found something is only named.
 */
export function readinessApp(checks: ReadinessCheck[], { tellsReasons }: { tellsReasons: boolean }): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get('/readyz', async (c) => {
    const looked = await Promise.all(
      checks.map(async ({ name, blocks, problem }) => ({ name, blocks, found: await problem() })),
    );
    const isReady = looked.every(({ blocks, found }) => !blocks || found === undefined);
    const said = (found: string | undefined) => (tellsReasons ? found : found && 'not ok') ?? 'ok';
    const report = Object.fromEntries(looked.map(({ name, found }) => [name, said(found)]));
    return c.json({ status: isReady ? 'ready' : 'not ready', checks: report }, isReady ? 200 : 503);
  });
  return app;
}
