import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instantNow } from './instant.ts';
import { oneOf } from './one-of.ts';
import { departments, teams } from './org.ts';

/** Limit of a department at a site, carved out of its field's capacity. CPU in cores, RAM in GiB. */
export const departmentQuotaAllocations = pgTable(
  'department_quota_allocations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    departmentId: uuid('department_id')
      .notNull()
      .references(() => departments.id, { onDelete: 'cascade' }),
    site: text('site').notNull(),
    cpuLimit: integer('cpu_limit').notNull(),
    ramGbLimit: integer('ram_gb_limit').notNull(),
    updatedAt: instantNow('updated_at'),
  },
  (t) => [
    unique('department_quota_allocations_department_id_site_key').on(t.departmentId, t.site),
    check('department_quota_allocations_limit_not_negative', sql`${t.cpuLimit} >= 0 and ${t.ramGbLimit} >= 0`),
  ],
);

/** Limit and usage of a team at a site. The CHECKs are the last line of defence, not the rule. */
export const teamQuotaAllocations = pgTable(
  'team_quota_allocations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    teamId: uuid('team_id')
      .notNull()
      .references(() => teams.id, { onDelete: 'cascade' }),
    site: text('site').notNull(),
    cpuLimit: integer('cpu_limit').notNull(),
    ramGbLimit: integer('ram_gb_limit').notNull(),
    cpuUsed: integer('cpu_used').notNull().default(0),
    ramGbUsed: integer('ram_gb_used').notNull().default(0),
    updatedAt: instantNow('updated_at'),
  },
  (t) => [
    unique('team_quota_allocations_team_id_site_key').on(t.teamId, t.site),
    check('team_quota_allocations_cpu_not_overdrawn', sql`0 <= ${t.cpuUsed} and ${t.cpuUsed} <= ${t.cpuLimit}`),
    check('team_quota_allocations_ram_not_overdrawn', sql`0 <= ${t.ramGbUsed} and ${t.ramGbUsed} <= ${t.ramGbLimit}`),
  ],
);

const LEDGER_KINDS = ['reserve', 'adjust', 'release'] as const;

/**
 * The truth about usage; the counters above are its sum. Append only (a trigger refuses UPDATE and DELETE), and
 * without foreign keys, so that it outlives the projects and teams it speaks of. A release can happen once only.
 */
export const quotaLedger = pgTable(
  'quota_ledger',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    teamQuotaId: uuid('team_quota_id').notNull(),
    projectId: uuid('project_id').notNull(),
    operationId: uuid('operation_id').notNull(),
    kind: text('kind', { enum: LEDGER_KINDS }).notNull(),
    /** Signed: what this entry added to the usage. */
    cpu: integer('cpu').notNull(),
    ramGb: integer('ram_gb').notNull(),
    at: instantNow('at'),
  },
  (t) => [
    unique('quota_ledger_operation_id_kind_key').on(t.operationId, t.kind),
    oneOf('quota_ledger_kind_known', t.kind, LEDGER_KINDS),
    check('quota_ledger_reserve_takes', sql`${t.kind} <> 'reserve' or (${t.cpu} >= 0 and ${t.ramGb} >= 0)`),
    check('quota_ledger_release_gives_back', sql`${t.kind} <> 'release' or (${t.cpu} <= 0 and ${t.ramGb} <= 0)`),
    index('quota_ledger_team_quota_id_idx').on(t.teamQuotaId, t.at, t.id),
  ],
);
