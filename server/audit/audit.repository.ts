import { and, eq, gte, inArray, lt, or, type SQL } from 'drizzle-orm';
import { auditEvents } from '../../db/schema/index.ts';
import type { Executor, Tx } from '../platform/database.ts';
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

/** The same for several, at least one, in one statement. */
export async function recordAudits(tx: Tx, events: { by: Author; entry: AuditEntry }[]): Promise<void> {
  await tx.insert(auditEvents).values(
    events.map(({ by, entry }) => ({
      actor: by.sub,
      action: entry.action,
      targetType: entry.target.type,
      targetId: entry.target.id,
      targetName: entry.target.name,
      fieldId: entry.place.fieldId ?? null,
      departmentId: entry.place.departmentId ?? null,
      teamId: entry.place.teamId ?? null,
      before: entry.before ?? null,
      after: entry.after ?? null,
      requestId: by.requestId,
    })),
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
