import { bigint, date, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { oneOf } from './one-of.ts';

const amount = (name: string) => bigint(name, { mode: 'number' }).notNull();

const LEVELS = ['field', 'department', 'team'] as const;

/**
 * What each node had, gave away and saw used at a site, as last seen on a day (UTC). A field's limit is what it had online.
 * Without foreign keys, so that a day's totals stay what they were after a node is gone.
 */
export const usageSnapshots = pgTable(
  'usage_snapshots',
  {
    day: date('day').notNull(),
    level: text('level', { enum: LEVELS }).notNull(),
    nodeId: uuid('node_id').notNull(),
    site: text('site').notNull(),
    parentId: uuid('parent_id').notNull(),
    cpuLimit: amount('cpu_limit'),
    cpuGranted: amount('cpu_granted'),
    cpuUsed: amount('cpu_used'),
    ramGbLimit: amount('ram_gb_limit'),
    ramGbGranted: amount('ram_gb_granted'),
    ramGbUsed: amount('ram_gb_used'),
  },
  (t) => [
    // Level first: what is asked most is one level's rows of some days.
    primaryKey({ name: 'usage_snapshots_pkey', columns: [t.level, t.day, t.nodeId, t.site] }),
    oneOf('usage_snapshots_level_known', t.level, LEVELS),
    index('usage_snapshots_node_id_day_idx').on(t.nodeId, t.day),
  ],
);
