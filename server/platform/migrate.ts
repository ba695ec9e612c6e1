import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { z } from 'zod';
import { type Database, sqlState } from './database.ts';
import { migrateJobs } from './jobs.ts';

const migrationsFolder = fileURLToPath(new URL('../../db/migrations', import.meta.url));

/** A migration waits so long for a lock: whoever works with the table waits behind it, and no longer. */
const LOCK_TIMEOUT = '2s';
const MAX_TRIES = 30;
const PAUSE_MS = 2_000;

/**
 * Applies what is missing of `db/migrations`, in one transaction, and graphile-worker's own tables. Safe while replicas
 * serve: it gives up its place in the queue for a lock and tries again, for two minutes. Safe to run again, and by two at
 * once: the second waits. Answers the names of what it applied.
 */
export async function migrateDatabase({ pool }: Database): Promise<string[]> {
  const client = await pool.connect();
  try {
    // Not the limits of a request: another migrator, or the work itself, may take longer.
    await client.query('set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0');
    await client.query("select pg_advisory_lock(hashtext('infrahub.migrate'))");
    await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    const before = await unlessLocked(() => newestApplied(drizzle(client)));
    await unlessLocked(() => migrate(drizzle(client), { migrationsFolder }));
    await unlessLocked(() => migrateJobs(pool));
    const { entries } = journal.parse(JSON.parse(readFileSync(`${migrationsFolder}/meta/_journal.json`, 'utf8')));
    return entries.filter(({ when }) => when > before).map(({ tag }) => tag);
  } finally {
    client.release(true); // with the session go its lock and its settings
  }
}

/** Again while somebody holds a lock that is needed: nothing was changed then. */
async function unlessLocked<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const isLocked = ['55P03', '40P01'].includes(sqlState(error) ?? '');
      if (!isLocked || tries === MAX_TRIES) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

const applied = z.object({ rows: z.array(z.object({ newest: z.coerce.number().nullable() })) });

const journal = z.object({ entries: z.array(z.object({ when: z.number(), tag: z.string() })) });

/** Whether the database has every migration that this version needs. */
export async function isMigrated({ db }: Database): Promise<boolean> {
  const newest = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
  return (await newestApplied(db)) >= newest;
}

/** The time in the name of the newest migration that was applied; 0 where none was. */
async function newestApplied(db: Pick<Database['db'], 'execute'>): Promise<number> {
  const exists = await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations') is not null as there`);
  if (!z.array(z.object({ there: z.boolean() })).parse(exists.rows)[0]?.there) return 0;
  const { rows } = applied.parse(
    await db.execute(sql`select max(created_at) as newest from drizzle.__drizzle_migrations`),
  );
  return rows[0]?.newest ?? 0;
}
