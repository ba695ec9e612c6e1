import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildPortal } from '../../server/demo/portal-build.ts';
import { type DemoReport, startStack } from '../../server/demo/stack.ts';
import { CHROMIUM } from './chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The running demo; undefined where there is no browser to use it with. */
    demo: DemoReport | undefined;
  }
}

/** Vitest globalSetup of the browser tests: the built portal on the whole demo stack, in a folder of its own. */
export default async function setup(project: TestProject) {
  if (!existsSync(CHROMIUM)) {
    if (process.env.CI) throw new Error(`There is no ${CHROMIUM}. Install Debian's package chromium.`);
    console.warn(`The browser tests are skipped: there is no ${CHROMIUM} (Debian's package chromium).`);
    project.provide('demo', undefined);
    return;
  }
  await buildPortal(() => {});
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-e2e-'));
  await chmod(folder, 0o755);
  const stack = await startStack({ folder, port: 0, say: () => {} });
  project.provide('demo', stack.report);
  return async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
