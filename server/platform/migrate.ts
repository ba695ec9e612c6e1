import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { z } from 'zod';
import { type Database, sqlState } from './database.ts';
import { migrateJobs } from './jobs.ts';
import { StartError } from './start-problem.ts';

const migrationsFolder = fileURLToPath(new URL('../../db/migrations', import.meta.url));

/** A migration waits so long for a lock: whoever works with the table waits behind it, and no longer. */
const LOCK_TIMEOUT = '2s';
const MAX_TRIES = 30;
const PAUSE_MS = 2_000;

/**
 * Applies what is missing of `db/migrations`, each in a transaction of its own, and graphile-worker's own tables. Safe
 * while replicas serve: it gives up its place in the queue for a lock and tries again, for two minutes. Safe to run again,
 * and by two at once: the second waits. Answers the names of what it applied.
 * @throws StartError where rows that are there break a rule that is new, or a lock was not to be had.
 */
export async function migrateDatabase({ pool }: Database): Promise<string[]> {
  const client = await pool.connect();
  try {
    // Not the limits of a request: another migrator, or the work itself, may take longer.
    await client.query('set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0');
    await client.query("select pg_advisory_lock(hashtext('infrahub.migrate'))");
    await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    const db = drizzle(client);
    const before = await unlessLocked(() => newestApplied(db));
    const missing = readMigrationFiles({ migrationsFolder }).filter(({ folderMillis }) => folderMillis > before);
    for (const migration of missing) await unlessLocked(() => apply(db, migration));
    await unlessLocked(() => migrateJobs(pool));
    const { entries } = journal.parse(JSON.parse(readFileSync(`${migrationsFolder}/meta/_journal.json`, 'utf8')));
    return entries.filter(({ when }) => when > before).map(({ tag }) => tag);
  } catch (error) {
    throw foreseen(error) ?? error;
  } finally {
    client.release(true); // with the session go its lock and its settings
  }
}

/** Where drizzle-kit looks for what was applied, too. */
const APPLIED = sql`
  create schema if not exists drizzle;
  create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;

/**
 * Not all that is missing in one transaction, as drizzle's own migrator does: the lock with which one migration adds a
 * rule, which keeps everybody out, would last while the next looks at every row.
 */
const apply = (db: NodePgDatabase, migration: MigrationMeta): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.execute(APPLIED);
    for (const statement of migration.sql) await tx.execute(sql.raw(statement));
    await tx.execute(sql`
      insert into drizzle.__drizzle_migrations (hash, created_at) values (${migration.hash}, ${migration.folderMillis})`);
  });

/** Again while somebody holds a lock that is needed: nothing was changed then. */
async function unlessLocked<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!LOCKED.has(sqlState(error) ?? '') || tries === MAX_TRIES) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

const REFUSED = '23514';
const LOCKED = new Set(['55P03', '40P01']);

/** What can go wrong with a migration though nothing is wrong with it. */
function foreseen(error: unknown): StartError | undefined {
  const refusal = refusalIn(error);
  const keeps = 'Nothing was changed by it, and the version before can go on';
  if (refusal?.code === REFUSED) {
    return new StartError(
      `rows of the table ${refusal.table} break its new rule ${refusal.constraint}. ${keeps}. docs/runbooks/migrations-pending.md tells how to find them.`,
    );
  }
  if (LOCKED.has(refusal?.code ?? '')) {
    return new StartError(
      `a table was in use all the while, by a long transaction or a VACUUM. ${keeps}. End it (pg_stat_activity), and run this again.`,
    );
  }
  return undefined;
}

function refusalIn(error: unknown): pg.DatabaseError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof pg.DatabaseError) return e;
  return undefined;
}

const applied = z.object({ rows: z.array(z.object({ newest: z.coerce.number().nullable() })) });

const journal = z.object({ entries: z.array(z.object({ when: z.number(), tag: z.string() })) });

/** The time in the name of the newest migration of this version, which stays the same while it runs. */
let newestNeeded: number | undefined;

/** Whether the database has every migration that this version needs. */
export async function isMigrated({ db }: Database): Promise<boolean> {
  newestNeeded ??= readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
  return (await newestApplied(db)) >= newestNeeded;
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
