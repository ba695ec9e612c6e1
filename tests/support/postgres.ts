import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../server/demo/postgres.ts';
import { openDatabase } from '../../server/platform/database.ts';
import { createLog } from '../../server/platform/log.ts';
import { migrateDatabase } from '../../server/platform/migrate.ts';
import { TEMPLATE } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the test run's PostgreSQL, without a database name. */
    postgresUrl: string;
  }
}

/** Vitest globalSetup: one real PostgreSQL a run, migrated once into a template that each test file copies. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-postgres-'));
  await chmod(folder, 0o755);
  const postgres = await startPostgres({
    folder: join(folder, 'data'),
    password: 'postgres',
    settings: { max_connections: '300', fsync: 'off' },
  });
  await postgres.createDatabase(TEMPLATE);
  const template = openDatabase({ url: postgres.url(TEMPLATE), poolSize: 4, log: createLog('silent') });
  await migrateDatabase(template);
  await template.close();
  project.provide('postgresUrl', postgres.url('').slice(0, -1));
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
