import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Db, Tx } from '../../server/platform/database.ts';

/** One transaction, step by step; its end is a step as well. */
export type Session = { steps: ((tx: Tx) => Promise<unknown>)[]; end: 'commit' | 'rollback' };

/** Every order of two sessions' steps that keeps each session's own, as in PostgreSQL's isolation tester. */
export function interleavings(a: number, b: number): (0 | 1)[][] {
  if (a === 0 && b === 0) return [[]];
  const first = a > 0 ? interleavings(a - 1, b).map((rest) => [0 as const, ...rest]) : [];
  const second = b > 0 ? interleavings(a, b - 1).map((rest) => [1 as const, ...rest]) : [];
  return [...first, ...second];
}

class Rollback extends Error {}

/** A session that does its next step when it is told to. */
function start(db: Db, { steps, end }: Session) {
  const gates = [...steps, undefined].map(() => Promise.withResolvers<void>());
  let pid: number | undefined;
  let passed = 0;
  let over = false;
  const outcome = db
    .transaction(async (tx) => {
      const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      pid = rows[0]?.pid;
      for (const [i, gate] of gates.entries()) {
        await gate.promise;
        await steps[i]?.(tx);
        passed = i + 1;
      }
      if (end === 'rollback') throw new Rollback();
    })
    .then(
      () => 'committed',
      (error: unknown) => (error instanceof Rollback ? 'rolled back' : error),
    )
    .finally(() => {
      over = true;
    });
  let told = 0;
  const waits = async () => {
    const { rows } = await db.execute<{ n: number }>(sql`select cardinality(pg_blocking_pids(${pid ?? 0})) as n`);
    return (rows[0]?.n ?? 0) > 0;
  };
  return {
    outcome,
    /** Lets it do one more step, and comes back when that is done, or waits for a lock that somebody else has. */
    async next(): Promise<void> {
      gates[told++]?.resolve();
      while (!over && (passed < told || told === gates.length)) {
        if (pid !== undefined && (await waits())) return;
        await nextTurn();
      }
    },
  };
}

/** Runs two transactions in this order of steps and answers how each ended: committed, rolled back, or its error. */
export async function interleave(db: Db, order: (0 | 1)[], sessions: [Session, Session]): Promise<unknown[]> {
  const running = [start(db, sessions[0]), start(db, sessions[1])] as const;
  for (const turn of order) await running[turn].next();
  return Promise.all(running.map((session) => session.outcome));
}
