import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { buildPortal } from '../../server/demo/portal-build.ts';
import { type Postgres, startPostgres } from '../../server/demo/postgres.ts';
import { openDatabase } from '../../server/platform/database.ts';
import { createLog } from '../../server/platform/log.ts';
import { migrateDatabase } from '../../server/platform/migrate.ts';
import { PROGRAM } from './crash-replica.ts';
import { ANNOUNCE_STEPS } from './postgres-proxy.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the stacks of the crash suite share: PostgreSQL, which writes through to the disk, and a folder for all. */
    crash: { postgresUrl: string; template: string; folder: string };
  }
}

const TEMPLATE = 'crash_template';

/** The server bundle of a portal without pages; what a browser sees is the subject of other tests. */
const EMPTY_PORTAL = 'export const routes = {}; export const entry = { module: {} };\n';

/** Makes the database of a stack: migrated, and with transactions that say to which step they take an operation. */
export async function prepareDatabase(postgres: Postgres, name: string): Promise<void> {
  await postgres.createDatabase(name);
  const database = openDatabase({ url: postgres.url(name), poolSize: 4, log: createLog('silent') });
  try {
    await migrateDatabase(database);
  } finally {
    await database.close();
  }
  await onDatabase(postgres.url(name), (client) => client.query(ANNOUNCE_STEPS));
}

/** Does something on a connection of its own. */
export async function onDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A process that is killed leaves no compiled code behind for the next; this saves each of the many starts a quarter. */
async function compileOnce(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [PROGRAM], {
    env: { NODE_ENV: 'production', NODE_COMPILE_CACHE: join(folder, 'compiled') },
  }).catch(() => undefined);
}

/** Vitest globalSetup of the crash suite. */
export default async function setup(project: TestProject) {
  await buildPortal(() => {});
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-crash-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'build/server'), { recursive: true });
  await mkdir(join(folder, 'build/client'));
  await writeFile(join(folder, 'build/server/index.js'), EMPTY_PORTAL);
  const postgres = await startPostgres({
    folder: join(folder, 'postgres'),
    password: 'postgres',
    settings: { max_connections: '600' },
  });
  await prepareDatabase(postgres, TEMPLATE);
  await compileOnce(folder);
  project.provide('crash', { postgresUrl: postgres.url('').slice(0, -1), template: TEMPLATE, folder });
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
