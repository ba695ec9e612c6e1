import { and, eq, type SQL, sql } from 'drizzle-orm';
import { signInLimits as limits } from '../../db/schema/index.ts';
import type { Executor, Tx } from '../platform/database.ts';

/** What is counted: tries on an account, at an address, or on an account from an address that is known to be its own. */
export type Counter = { account: string; address: string };

/** Not `now()`, which is the transaction's start: somebody else may have counted since. */
const clock = sql`clock_timestamp()`;
const isCounter = ({ account, address }: Counter) => and(eq(limits.account, account), eq(limits.address, address));

/** When the next try is let through; null is at once. */
function nextAfter(tries: SQL | number, delays: readonly number[], from: SQL): SQL {
  const delay = sql`(${sql.param([...delays])}::int[])[least(${tries}, ${delays.length}::int)]`;
  return sql`${from} + make_interval(secs => nullif(${delay}, 0))`;
}

/** Whether the account has signed in from there within 30 days. */
export async function isKnownAt(db: Executor, counter: Counter): Promise<boolean> {
  const known = await db
    .select({ account: limits.account })
    .from(limits)
    .where(and(isCounter(counter), sql`${limits.triedAt} > now() - interval '30 days'`));
  return known.length > 0;
}

/** Counts a try, unless it comes too soon: false then. Fifteen quiet minutes make up for all before. */
export async function countTry(tx: Tx, counter: Counter, delays: readonly number[]): Promise<boolean> {
  const tries = sql`case when ${limits.triedAt} < ${clock} - interval '15 minutes' then 1 else ${limits.tries} + 1 end`;
  const counted = await tx
    .insert(limits)
    .values({ ...counter, tries: 1, triedAt: clock, nextAt: nextAfter(1, delays, clock) })
    .onConflictDoUpdate({
      target: [limits.account, limits.address],
      set: { tries, triedAt: clock, nextAt: nextAfter(tries, delays, clock), refused: 0 },
      setWhere: sql`coalesce(${limits.nextAt} <= ${clock}, true)`,
    })
    .returning({ tries: limits.tries });
  return counted.length > 0;
}

/** Takes one try back, as it was no wrong password. */
export async function takeBackTry(tx: Tx, counter: Counter, delays: readonly number[]): Promise<void> {
  const tries = sql`greatest(${limits.tries} - 1, 0)`;
  await tx
    .update(limits)
    .set({ tries, nextAt: nextAfter(tries, delays, sql`${limits.triedAt}`) })
    .where(isCounter(counter));
}

/** Starts the count anew, after the right password. */
export async function clearTries(tx: Tx, counter: Counter): Promise<void> {
  const clean = { tries: 0, triedAt: clock, nextAt: null, refused: 0 };
  await tx
    .insert(limits)
    .values({ ...counter, ...clean })
    .onConflictDoUpdate({ target: [limits.account, limits.address], set: clean });
}

/** Counts a try that came too soon. Answers how many did in a row, and the seconds left to wait. */
export async function countRefusal(tx: Tx, counter: Counter): Promise<{ refused: number; seconds: number }> {
  const [row] = await tx
    .update(limits)
    .set({ refused: sql`${limits.refused} + 1` })
    .where(isCounter(counter))
    .returning({
      refused: limits.refused,
      seconds: sql`ceil(extract(epoch from ${limits.nextAt} - ${clock}))`.mapWith(Number),
    });
  return { refused: row?.refused ?? 1, seconds: Math.max(1, row?.seconds ?? 1) };
}
