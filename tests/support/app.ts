import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../server/platform/clock.ts';
import { createApp } from '../../server/platform/http.ts';
import { createJobs } from '../../server/platform/jobs.ts';
import { listen } from '../../server/platform/listen.ts';
import { createLog } from '../../server/platform/log.ts';
import { createMetrics } from '../../server/platform/metrics.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { readConfig } from '../../server/platform/read-config.ts';
import { appRouter } from '../../server/router.ts';
import { createServices } from '../../server/services.ts';
import { centerAdmin } from '../factories/caller.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { settingsOver } from './settings.ts';

/**
 * The product's whole HTTP surface on a loopback port, over this database, with every system outside out of reach.
 * `callers` says whom a bearer token names; the others are judged by the real `authenticate`. `settings` replace some.
 */
export async function startApp(
  database: TestDatabase,
  callers: Record<string, Caller> = {},
  settings: Record<string, string> = {},
) {
  const { url, stop } = await serve(database, callers, settings);
  return { url, stop };
}

/** The same for the tests of a file or `describe`, over a database of their own: to the token `admin` nothing is denied. */
export function appForTests() {
  let database: TestDatabase;
  let app: Awaited<ReturnType<typeof startApp>>;
  beforeAll(async () => {
    database = await freshDatabase();
    app = await startApp(database, { admin: centerAdmin() });
  });
  afterAll(async () => {
    await app.stop();
    await database.drop();
  });
  return {
    get url() {
      return app.url;
    },
    get database() {
      return database;
    },
  };
}

/** The same with everything that runs beside requests: jobs, live changes, schedules. Sign-in is the real one. */
export async function startWholeApp(database: TestDatabase, settings: Record<string, string>) {
  const { url, stop, background, handlers } = await serve(database, {}, settings);
  const jobs = createJobs({ ...database, handlers, log: createLog('silent') });
  for (const part of background) await part.start();
  await jobs.start();
  return {
    url,
    async stop() {
      await Promise.all(background.map((part) => part.stop()));
      await jobs.stop();
      await stop();
    },
  };
}

/** `settingsOver` as InfraHub reads them. `settings` replace some. */
export const configOver = (database: TestDatabase, settings: Record<string, string> = {}) =>
  readConfig({ ...settingsOver(database), ...settings });

async function serve(database: TestDatabase, callers: Record<string, Caller>, settings: Record<string, string>) {
  const config = configOver(database, settings);
  const log = createLog('silent');
  const metrics = createMetrics();
  const parts = { config, database, clock: systemClock, log, metrics };
  const { services, background, handlers, close } = await createServices(parts);
  const app = createApp({
    router: appRouter,
    services,
    authenticate: async (token, requestId) => {
      const caller = callers[token];
      return caller ? { ...caller, requestId } : services.auth.authenticate(token, requestId);
    },
    pages: async () => new Response('a page', { headers: { 'content-type': 'text/html' } }),
    assets: 'tests/data',
    readiness: [],
    corsOrigins: config.CORS_ORIGINS,
    trustedProxies: config.TRUST_PROXY,
    metrics,
    scrapedHere: config.METRICS_PORT === undefined,
    log,
  });
  const server = await listen(app, '127.0.0.1', 0);
  return {
    background,
    handlers,
    url: `http://127.0.0.1:${server.port}`,
    async stop() {
      await server.close();
      await close();
    },
  };
}
