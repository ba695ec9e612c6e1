import { sql } from 'drizzle-orm';
import { bigserial, check, index, integer, jsonb, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant, instantNow } from './instant.ts';
import { oneOf } from './one-of.ts';
import { teams } from './org.ts';
import { PERFORMANCE_TIERS } from './servers.ts';

const SLA_TYPES = ['bronze', 'silver', 'gold'] as const;

/** What a namespace is: `cpu` in cores, `ram_gb` in GiB. */
export type Size = {
  sla: (typeof SLA_TYPES)[number];
  tier: (typeof PERFORMANCE_TIERS)[number];
  cpu: number;
  ram_gb: number;
};

const STATUSES = [
  'provisioning',
  'active',
  'updating',
  'rolling_back',
  'failed',
  'decommissioning',
  'decommissioned',
] as const;
/** The statuses in which a project holds quota of its team (`design/domain.md`, A project's life). */
export const HOLDING_QUOTA = [
  'provisioning',
  'active',
  'updating',
  'rolling_back',
  'decommissioning',
] as const satisfies (typeof STATUSES)[number][];

/** One Kubernetes namespace for a team at a site. `cpu` (cores) and `ram_gb` (GiB) are what it holds of the team's quota. */
export const projects = pgTable(
  'projects',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    teamId: uuid('team_id')
      .notNull()
      .references(() => teams.id),
    name: text('name').notNull(),
    namespaceName: text('namespace_name').notNull(),
    site: text('site').notNull(),
    slaType: text('sla_type', { enum: SLA_TYPES }).notNull(),
    performanceTier: text('performance_tier', { enum: PERFORMANCE_TIERS }).notNull(),
    cpu: integer('cpu').notNull(),
    ramGb: integer('ram_gb').notNull(),
    status: text('status', {
      enum: STATUSES,
    }).notNull(),
    /** Why it is where it is, in words for people: the failure, or what it waits for. */
    statusReason: text('status_reason'),
    createdBy: text('created_by').notNull(),
    createdAt: instantNow('created_at'),
    updatedAt: instantNow('updated_at'),
  },
  (t) => [
    // A decommissioned project has given its name back; no two others share one.
    uniqueIndex('projects_namespace_name_key').on(t.namespaceName).where(sql`${t.status} <> 'decommissioned'`),
    uniqueIndex('projects_team_id_name_key').on(t.teamId, t.name).where(sql`${t.status} <> 'decommissioned'`),
    oneOf('projects_sla_type_known', t.slaType, SLA_TYPES),
    oneOf('projects_performance_tier_known', t.performanceTier, PERFORMANCE_TIERS),
    oneOf('projects_status_known', t.status, STATUSES),
    check('projects_namespace_name_label', sql`${t.namespaceName} ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'`),
    check('projects_size_positive', sql`${t.cpu} > 0 and ${t.ramGb} > 0`),
    index('projects_team_id_site_idx').on(t.teamId, t.site),
    index('projects_created_at_idx').on(t.createdAt, t.id),
  ],
);

const OPERATION_KINDS = ['provision', 'resize', 'decommission'] as const;
const OPERATION_STATES = ['requested', 'committed', 'syncing', 'undoing', 'undone', 'succeeded', 'failed'] as const;
const WAITS = ['git', 'values_file', 'argocd', 'sync_window', 'operation'] as const;

/**
 * One attempt to change what Git and Argo CD hold for a project, and how far it has come. A row that is not finished is
 * work to be done: whichever replica is alive picks it up where it stands.
 */
export const projectOperations = pgTable(
  'project_operations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: OPERATION_KINDS }).notNull(),
    /** What the namespace was; null where there was none. An operation that fails brings it back to this. */
    before: jsonb('before').$type<Size>(),
    /** What it is to become; null where it is to go. */
    after: jsonb('after').$type<Size>(),
    /**
     * `requested`: quota is held, the change of the values entry is still to be written · `committed`: it is on the
     * remote, at `commit_sha` · `syncing`: Argo CD has been asked · `undoing`: failed; the entry is to be as before again ·
     * `undone`: so it is on the remote, at `commit_sha`, and the namespace is still to follow · `succeeded` and `failed`:
     * finished.
     */
    state: text('state', {
      enum: OPERATION_STATES,
    }).notNull(),
    commitSha: text('commit_sha'),
    /** Why it failed, in words for people. */
    reason: text('reason'),
    /** What outside keeps it from going on, since when and why; null while nothing does. */
    waitingFor: text('waiting_for', { enum: WAITS }),
    waitingSince: instant('waiting_since'),
    waitingReason: text('waiting_reason'),
    requestId: uuid('request_id').notNull(),
    /**
     * When Argo CD was first asked to sync `commit_sha`; the clock of PROVISION_TIMEOUT_SECONDS starts here, and is set
     * forward by the time that Git or Argo CD was down.
     */
    askedAt: instant('asked_at'),
    createdAt: instantNow('created_at'),
    updatedAt: instantNow('updated_at'),
  },
  (t) => [
    uniqueIndex('project_operations_one_open_key')
      .on(t.projectId)
      .where(sql`${t.state} not in ('succeeded', 'failed')`),
    index('project_operations_project_id_idx').on(t.projectId, t.createdAt),
    index('project_operations_open_idx').on(t.state, t.createdAt).where(sql`${t.state} not in ('succeeded', 'failed')`),
    oneOf('project_operations_kind_known', t.kind, OPERATION_KINDS),
    oneOf('project_operations_state_known', t.state, OPERATION_STATES),
    oneOf('project_operations_waiting_for_known', t.waitingFor, WAITS),
    check(
      'project_operations_before_and_after',
      sql`(${t.kind} = 'provision') = (${t.before} is null) and (${t.kind} = 'decommission') = (${t.after} is null)`,
    ),
  ],
);

const EVENT_KINDS = [
  'reserved',
  'resizing',
  'decommissioning',
  'committed',
  'removed',
  'syncing',
  'waiting',
  'healthy',
  'resized',
  'failing',
  'failed',
  'restored',
  'decommissioned',
] as const;

/** A project's timeline, as its people read it. `seq` orders it and is what a live listener resumes from. */
export const projectEvents = pgTable(
  'project_events',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    seq: bigserial('seq', { mode: 'number' }).notNull(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    kind: text('kind', {
      enum: EVENT_KINDS,
    }).notNull(),
    message: text('message').notNull(),
    details: jsonb('details').$type<Record<string, string | number | null>>().notNull().default({}),
    requestId: uuid('request_id').notNull(),
    at: instantNow('at'),
  },
  (t) => [
    oneOf('project_events_kind_known', t.kind, EVENT_KINDS),
    unique('project_events_seq_key').on(t.seq),
    index('project_events_project_id_seq_idx').on(t.projectId, t.seq),
  ],
);
