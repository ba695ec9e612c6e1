import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { z } from 'zod';
import type { Database } from './database.ts';
import { migrateJobs } from './jobs.ts';

const migrationsFolder = fileURLToPath(new URL('../../db/migrations', import.meta.url));

/** Applies what is missing of `db/migrations`, and graphile-worker's own tables. Safe to run again, and by two at once. */
export async function migrateDatabase({ db, pool }: Database): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('infrahub.migrate'))");
    await migrate(db, { migrationsFolder });
    await migrateJobs(pool);
  } finally {
    await client.query("select pg_advisory_unlock(hashtext('infrahub.migrate'))");
    client.release();
  }
}

const applied = z.object({ rows: z.array(z.object({ newest: z.coerce.number().nullable() })) });

/** Whether the database has every migration that this version needs. */
export async function isMigrated({ db }: Database): Promise<boolean> {
  const newest = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
  const exists = await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations') is not null as there`);
  if (!z.array(z.object({ there: z.boolean() })).parse(exists.rows)[0]?.there) return false;
  const { rows } = applied.parse(
    await db.execute(sql`select max(created_at) as newest from drizzle.__drizzle_migrations`),
  );
  return (rows[0]?.newest ?? 0) >= newest;
}
