import { inArray, sql } from 'drizzle-orm';
import { idempotencyKeys, sessions, signInLimits, usageSnapshots } from '../../db/schema/index.ts';
import type { Db } from '../platform/database.ts';
import { DAYS_KEPT } from '../reports/reports.schema.ts';

/** What is not kept for ever, and how long it is: rows that their rooms never look at again. */
export const OUTLIVED = [
  {
    what: 'idempotency_keys',
    table: idempotencyKeys,
    where: sql`${idempotencyKeys.createdAt} < now() - interval '24 hours'`,
  },
  {
    what: 'sessions',
    table: sessions,
    where: sql`least(${sessions.endsAt}, ${sessions.revokedAt}) < now() - interval '1 day'`,
  },
  {
    what: 'sign_in_limits',
    table: signInLimits,
    // Only where an account has signed in from is looked at for thirty days.
    where: sql`${signInLimits.triedAt} < now() - interval '1 day'
      * case when ${signInLimits.account} = '' or ${signInLimits.address} = '' then 1 else 30 end`,
  },
  {
    what: 'usage_snapshots',
    table: usageSnapshots,
    // The levels are named for the index, which begins with them.
    where: sql`${inArray(usageSnapshots.level, usageSnapshots.level.enumValues)}
      and ${usageSnapshots.day} <= (now() at time zone 'utc')::date - ${DAYS_KEPT}::int`,
  },
];

/** Deletes at most `batch` of these rows and answers how many those were; a row that somebody holds is left for later. */
export async function deleteOutlived(
  db: Db,
  { table, where }: (typeof OUTLIVED)[number],
  batch: number,
): Promise<number> {
  const { rowCount } = await db.execute(sql`
    delete from ${table} where ctid = any (array (
      select ctid from ${table} where ${where} limit ${batch} for update skip locked))`);
  return rowCount ?? 0;
}
