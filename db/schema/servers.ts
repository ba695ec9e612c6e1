import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant, instantNow } from './instant.ts';
import { oneOf } from './one-of.ts';
import { fields } from './org.ts';

export const PERFORMANCE_TIERS = ['regular', 'high_performance'] as const;
const STATUSES = ['online', 'offline'] as const;

/** A bare-metal machine known from the inventory. `cpu` in cores, `ram_gb` in GiB. */
export const servers = pgTable(
  'servers',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    name: text('name').notNull().unique('servers_name_key'),
    site: text('site').notNull(),
    cpu: integer('cpu').notNull(),
    ramGb: integer('ram_gb').notNull(),
    performanceTier: text('performance_tier', { enum: PERFORMANCE_TIERS }).notNull(),
    status: text('status', { enum: STATUSES }).notNull(),
    lastSeenAt: instantNow('last_seen_at'),
    createdAt: instantNow('created_at'),
    updatedAt: instantNow('updated_at'),
  },
  (t) => [
    oneOf('servers_performance_tier_known', t.performanceTier, PERFORMANCE_TIERS),
    oneOf('servers_status_known', t.status, STATUSES),
    check('servers_size_positive', sql`${t.cpu} > 0 and ${t.ramGb} > 0`),
    index('servers_site_name_idx').on(t.site, t.name),
  ],
);

/** A server given to exactly one field. */
export const fieldServerAllocations = pgTable(
  'field_server_allocations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    fieldId: uuid('field_id')
      .notNull()
      .references(() => fields.id),
    serverId: uuid('server_id')
      .notNull()
      .unique('field_server_allocations_server_id_key')
      .references(() => servers.id),
    createdAt: instantNow('created_at'),
  },
  (t) => [index('field_server_allocations_field_id_idx').on(t.fieldId)],
);

/** One row of an inventory answer that could not be used, and why. */
export type QuarantinedRow = { name: string | null; reason: string };

const TRIGGERS = ['schedule', 'manual', 'confirmation'] as const;
const OUTCOMES = ['running', 'succeeded', 'withheld', 'failed'] as const;

/** One pass over the inventory, with its counts and outcome. */
export const syncRuns = pgTable(
  'sync_runs',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    trigger: text('trigger', { enum: TRIGGERS }).notNull(),
    requestedBy: text('requested_by').notNull(),
    requestId: uuid('request_id').notNull(),
    outcome: text('outcome', { enum: OUTCOMES }).notNull(),
    /** Servers in the answer that could be used. */
    synced: integer('synced').notNull().default(0),
    /** Of those, how many were new or differed from what was known. */
    updated: integer('updated').notNull().default(0),
    /** Of those, how many were new; null for runs from before that was counted. */
    added: integer('added'),
    markedOffline: integer('marked_offline').notNull().default(0),
    /** Servers that vanished but were not marked, because too many vanished at once. */
    withheldOffline: integer('withheld_offline').notNull().default(0),
    quarantined: integer('quarantined').notNull().default(0),
    quarantinedRows: jsonb('quarantined_rows').$type<QuarantinedRow[]>().notNull().default([]),
    error: text('error'),
    confirmedAt: instant('confirmed_at'),
    confirmedBy: text('confirmed_by'),
    startedAt: instantNow('started_at'),
    finishedAt: instant('finished_at'),
    durationMs: integer('duration_ms'),
  },
  (t) => [
    oneOf('sync_runs_trigger_known', t.trigger, TRIGGERS),
    oneOf('sync_runs_outcome_known', t.outcome, OUTCOMES),
    index('sync_runs_started_at_idx').on(t.startedAt, t.id),
    uniqueIndex('sync_runs_one_running_key').on(t.outcome).where(sql`${t.outcome} = 'running'`),
  ],
);
