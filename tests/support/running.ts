import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfraHub } from '../../server/demo/infrahub-process.ts';
import type { TestDatabase } from './database.ts';
import { settingsOver } from './settings.ts';

/** InfraHub as a process of its own over this database, without a portal and with every system outside out of reach. */
export async function startRunning(database: Pick<TestDatabase, 'url'>, settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-running-'));
  await mkdir(join(folder, 'build/server'), { recursive: true });
  await mkdir(join(folder, 'build/client'));
  await writeFile(join(folder, 'build/server/index.js'), 'export const routes = {}; export const assets = {};');
  const logFile = join(folder, 'infrahub.log');
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'debug',
    DRAIN_SECONDS: '0',
    ...settingsOver(database),
    ...settings,
  };
  const running = await startInfraHub(env, logFile, { folder });
  return {
    url: running.url,
    log: (): Promise<string> => readFile(logFile, 'utf8'),
    async stop() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
