import { and, eq, gte, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import { auditEvents } from '../../db/schema/index.ts';
import { type Executor, executePrepared, type Tx } from '../platform/database.ts';
import { keyset } from '../platform/paging.ts';
import type { Caller, Place, Scope } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import type { AuditEvent, ListAudit } from './audit.schema.ts';

/** What happened, in the domain's words: `action` is `noun.verb`, such as `team_quota.set`. */
export type AuditEntry = {
  action: string;
  target: { type: string; id: string; name: string };
  place: Place;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
};

type Author = Pick<Caller, 'sub' | 'requestId'>;

/** Writes the event in the transaction that does what it describes. */
export const recordAudit = (tx: Tx, by: Author, entry: AuditEntry): Promise<void> => recordAudits(tx, [{ by, entry }]);

/** The same for several, in one statement. */
export async function recordAudits(tx: Tx, events: { by: Author; entry: AuditEntry }[]): Promise<void> {
  const rows = events.map(({ by, entry: { action, target, place, before, after } }) => ({
    actor: by.sub,
    action,
    target_type: target.type,
    target_id: target.id,
    target_name: target.name,
    field_id: place.fieldId,
    department_id: place.departmentId,
    team_id: place.teamId,
    before,
    after,
    request_id: by.requestId,
  }));
  await executePrepared(
    tx,
    'record_audits',
    sql`
    insert into ${auditEvents} (actor, action, target_type, target_id, target_name, field_id, department_id, team_id,
      before, after, request_id)
    select * from json_to_recordset(${JSON.stringify(rows)}::json) as r(actor text, action text, target_type text,
      target_id text, target_name text, field_id uuid, department_id uuid, team_id uuid, before jsonb, after jsonb,
      request_id uuid)`,
  );
}

const columns = {
  id: auditEvents.id,
  at: auditEvents.at,
  actor: auditEvents.actor,
  action: auditEvents.action,
  target_type: auditEvents.targetType,
  target_id: auditEvents.targetId,
  target_name: auditEvents.targetName,
  before: auditEvents.before,
  after: auditEvents.after,
  request_id: auditEvents.requestId,
};

function within(scope: Scope): SQL | undefined {
  if (scope.everything) return undefined;
  return or(
    inArray(auditEvents.fieldId, scope.fieldIds),
    inArray(auditEvents.departmentId, scope.departmentIds),
    inArray(auditEvents.teamId, scope.teamIds),
  );
}

/** Newest first, unless asked otherwise; only what lies in the scope. */
export async function listAuditEvents(db: Executor, scope: Scope, filter: ListAudit): Promise<Page<AuditEvent>> {
  const page = keyset({
    sort: 'at',
    column: auditEvents.at,
    idColumn: auditEvents.id,
    direction: filter.direction ?? 'desc',
    cursor: filter.cursor,
    limit: filter.limit,
  });
  const rows = await db
    .select(columns)
    .from(auditEvents)
    .where(
      and(
        within(scope),
        filter.actor === undefined ? undefined : eq(auditEvents.actor, filter.actor),
        filter.action === undefined ? undefined : eq(auditEvents.action, filter.action),
        filter.target_type === undefined ? undefined : eq(auditEvents.targetType, filter.target_type),
        filter.target_id === undefined ? undefined : eq(auditEvents.targetId, filter.target_id),
        filter.from === undefined ? undefined : gte(auditEvents.at, filter.from),
        filter.to === undefined ? undefined : lt(auditEvents.at, filter.to),
        page.where,
      ),
    )
    .orderBy(...page.orderBy)
    .limit(page.fetch);
  return page.page(rows, (row) => row.at);
}
