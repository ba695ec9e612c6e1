import { sql } from 'drizzle-orm';
import { syncRuns } from '../../db/schema/index.ts';

/** When the inventory was last read and applied, as a subquery; null: never. */
export const lastGoodSync = sql`(
  select finished_at from ${syncRuns} where outcome in ('succeeded', 'withheld') order by started_at desc limit 1)`;
