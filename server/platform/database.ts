import { setTimeout as sleep } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import pg from 'pg';
import type { z } from 'zod';
import * as schema from '../../db/schema/index.ts';
import { BusyError } from './errors.ts';
import type { Log } from './log.ts';
import { inSpan } from './tracing.ts';

/** Opens the pool. An idle client that dies is logged and replaced; it does not take the process with it. */
export function openDatabase(options: { url: string; poolSize: number; log: Log }) {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    application_name: 'infrahub',
    options: '-c statement_timeout=10000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=15000',
  });
  // Without these two, a connection that breaks takes the process with it.
  pool.on('error', (err) => options.log.warn({ err }, 'an idle database connection was lost'));
  pool.on('connect', (client) => client.on('error', (err) => options.log.warn({ err }, 'a database connection broke')));
  return { pool, db: drizzle(pool, { schema }), close: () => pool.end() };
}

export type Database = ReturnType<typeof openDatabase>;
export type Db = Database['db'];
/** A transaction. A function that locks or writes takes this, so that doing so outside of one does not compile. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
/** What a read needs: the pool, or the transaction it is part of. */
export type Executor = Db | Tx;

/** Races that a new try may win: a serialization failure, a deadlock. */
const LOST_RACE = new Set(['40001', '40P01']);
/** What took too long, so that nobody tries again for the caller: the wait for a lock, a statement. */
const TOO_LATE = new Set(['55P03', '57014']);
const MAX_TRIES = 5;

/** PostgreSQL's error code (SQLSTATE), also from inside drizzle's wrapper; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof pg.DatabaseError) return e.code;
  return undefined;
}

/** Whether others stood in the way for so long that nothing was done. */
export function isBusy(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return LOST_RACE.has(state) || TOO_LATE.has(state);
}

/** The constraint that refused, if that is what happened. */
export function violatedConstraint(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof pg.DatabaseError) return e.constraint;
  return undefined;
}

/** A connection that is gone, a server that ends, or one without disk, memory or connections to spare. */
const NOT_NOW = /^(08|53|57P0)/;
const NO_CONNECTION =
  /timeout exceeded when trying to connect|Connection terminated|not queryable|connect E|read ECONNRESET|write E/;

/** Whether the database could not be reached, went away or has no room; a COMMIT that fails like this may have taken place. */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return NOT_NOW.test(state);
  for (let e = error; e instanceof Error; e = e.cause) {
    // Of several addresses that were tried, Node tells but the code.
    if (NO_CONNECTION.test(e.message) || ('code' in e && e.code === 'ECONNREFUSED')) return true;
  }
  return false;
}

/**
 * Runs `work`, whose answer somebody waits for, in one transaction; again from the start when PostgreSQL says that it lost
 * a race (serialization failure, deadlock), at most five times with jitter.
 * @throws BusyError when it never won, or a statement took three seconds; nothing was changed then.
 */
export function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return inBackground(db, async (tx) => {
    // Behind another who waits for the same lock there are two waits, of which `lock_timeout` counts each for itself.
    await tx.execute(sql`set local statement_timeout = '3s'`);
    return work(tx);
  });
}

/** The same for what may take its time, such as a job: ten seconds a statement. */
export function inBackground<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const options = { name: 'transaction', kind: 'client', attributes: { 'db.system.name': 'postgresql' } } as const;
  return inSpan(options, (span) => tryAgain(db, work, (tries) => span.set({ 'infrahub.tries': tries })));
}

async function tryAgain<T>(db: Db, work: (tx: Tx) => Promise<T>, onTry: (tries: number) => void): Promise<T> {
  for (let tries = 1; ; tries++) {
    onTry(tries);
    try {
      return await db.transaction(work);
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (tries === MAX_TRIES || !LOST_RACE.has(sqlState(error) ?? '')) throw new BusyError(error);
      await sleep(10 + Math.random() * 50 * 2 ** tries);
    }
  }
}

/** The rows of a statement in plain SQL, of which nobody but `row` knows what they are. @throws ZodError where they differ */
export async function selectRows<T>(db: Executor, row: z.ZodType<T>, statement: SQL): Promise<T[]> {
  const { rows } = await db.execute(statement);
  return rows.map((found) => row.parse(found));
}

const dialect = new PgDialect();

/**
 * Runs a statement that is hot: each connection parses and plans it once. `name` stands for one text, so what differs
 * from call to call has to be a parameter.
 */
export async function executePrepared(tx: Executor, name: string, statement: SQL): Promise<{ rows: unknown[] }> {
  const query = dialect.sqlToQuery(statement);
  return tx._.session
    .prepareQuery<{ execute: { rows: unknown[] }; all: unknown; values: unknown }>(query, undefined, name, false)
    .execute();
}

/** Escapes what LIKE treats as a wildcard, so that a search for `50%` finds just that. */
export const likePattern = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** A sum, or 0 where there is nothing to add up. */
export const orZero = (sum: unknown): SQL<number> => sql`coalesce(${sum}, 0)`.mapWith(Number);

/** A cheap round trip; rejects when the database cannot answer. */
export async function pingDatabase(db: Db): Promise<void> {
  await db.execute(sql`select 1`);
}
