import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { projectOperations as operations, projects, teams } from '../../db/schema/index.ts';
import type { Executor, Tx } from '../platform/database.ts';
import type { OperationState } from './operation.rules.ts';

export type WaitingFor = NonNullable<(typeof operations.$inferSelect)['waitingFor']>;

const columns = {
  id: operations.id,
  projectId: operations.projectId,
  kind: operations.kind,
  before: operations.before,
  after: operations.after,
  state: operations.state,
  commitSha: operations.commitSha,
  reason: operations.reason,
  waitingFor: operations.waitingFor,
  waitingReason: operations.waitingReason,
  askedAt: operations.askedAt,
  requestId: operations.requestId,
  ageSeconds: sql`extract(epoch from now() - ${operations.createdAt})`.mapWith(Number),
  teamId: projects.teamId,
  teamName: teams.name,
  name: projects.name,
  namespace: projects.namespaceName,
  statusReason: projects.statusReason,
  site: projects.site,
  cpu: projects.cpu,
  ramGb: projects.ramGb,
};

/** Operations that wait to be written: there (`requested`) or back (`undoing`). */
export const TO_WRITE = ['requested', 'undoing'] as const satisfies readonly OperationState[];
/** Operations that wait for Argo CD on their way there. */
export const ON_THE_WAY = ['committed', 'syncing'] as const satisfies readonly OperationState[];
/** Operations that wait for Argo CD. */
export const TO_WATCH = [...ON_THE_WAY, 'undone'] as const satisfies readonly OperationState[];

/** An operation with what its project is. `isOverdue`: Argo CD was asked longer ago than the limit allows. */
export type Operation = Awaited<ReturnType<typeof listOpenOperations>>[number];

/** The operations in these states, the oldest first. Time in which Git or Argo CD was down does not count. */
export function listOpenOperations(db: Executor, states: readonly OperationState[], timeoutSeconds = 0) {
  const down = sql`case when ${operations.waitingFor} in ('git', 'argocd') then now() - ${operations.waitingSince}
    else interval '0' end`;
  const isOverdue = sql<boolean>`coalesce(
    ${operations.askedAt} + (${down}) < now() - make_interval(secs => ${timeoutSeconds}), false)`;
  return db
    .select({ ...columns, isOverdue })
    .from(operations)
    .innerJoin(projects, eq(projects.id, operations.projectId))
    .innerJoin(teams, eq(teams.id, projects.teamId))
    .where(inArray(operations.state, [...states]))
    .orderBy(asc(operations.createdAt), asc(operations.id));
}

/** What is set of an operation when it goes on. */
type Step = { state: OperationState; commitSha?: string; reason?: string; askedAt?: 'now' | 'not yet' };

const ASKED_AT = { now: sql`now()`, 'not yet': null };

/**
 * Takes operations on to their next state, if they still are in one of `from`; answers the ids of those that were. What
 * they waited for is over.
 */
export async function advance(
  tx: Tx,
  ids: string[],
  from: readonly OperationState[],
  { askedAt, ...step }: Step,
): Promise<Set<string>> {
  const moved = await tx
    .update(operations)
    .set({
      ...step,
      ...(askedAt && { askedAt: ASKED_AT[askedAt] }),
      ...NOT_WAITING,
      updatedAt: sql`now()`,
    })
    .where(and(inArray(operations.id, ids), inArray(operations.state, [...from])))
    .returning({ id: operations.id });
  return new Set(moved.map((row) => row.id));
}

const NOT_WAITING = { waitingFor: null, waitingSince: null, waitingReason: null };

/** Which of these operations still are in the state in which they were seen. */
export async function unmoved(tx: Tx, seen: Pick<Operation, 'id' | 'state'>[]): Promise<Set<string>> {
  const states = new Map(seen.map((o) => [o.id, o.state]));
  const rows = await tx
    .select({ id: operations.id, state: operations.state })
    .from(operations)
    .where(inArray(operations.id, [...states.keys()]));
  return new Set(rows.filter((row) => states.get(row.id) === row.state).map((row) => row.id));
}

/** Locks the projects of operations, in the order of their ids; every change of operations begins with it. */
export async function lockProjectsOf(tx: Tx, operationIds: string[]): Promise<void> {
  const those = tx.select({ id: operations.projectId }).from(operations).where(inArray(operations.id, operationIds));
  await tx
    .select({ id: projects.id })
    .from(projects)
    .where(inArray(projects.id, those))
    .orderBy(asc(projects.id))
    .for('no key update');
}

/** When Argo CD was asked, set forward by the time that Git or Argo CD has been down since the wait began. */
const askedUpToNow = sql`case when ${operations.waitingFor} in ('git', 'argocd')
  then ${operations.askedAt} + (now() - ${operations.waitingSince}) else ${operations.askedAt} end`;

/** Notes that open operations wait, for what and why; answers since when each does. */
export async function startWaiting(
  tx: Tx,
  ids: string[],
  waitingFor: WaitingFor,
  waitingReason: string,
): Promise<Map<string, string>> {
  const rows = await tx
    .update(operations)
    .set({
      waitingFor,
      waitingReason,
      waitingSince: sql`case when ${operations.waitingFor} = ${waitingFor} then ${operations.waitingSince} else now() end`,
      // The end of one wait and the beginning of another: Git is back, and now Argo CD is down.
      askedAt: sql`case when ${operations.waitingFor} = ${waitingFor} then ${operations.askedAt} else ${askedUpToNow} end`,
      updatedAt: sql`now()`,
    })
    .where(and(inArray(operations.id, ids), inArray(operations.state, [...TO_WRITE, ...TO_WATCH])))
    .returning({ id: operations.id, since: operations.waitingSince });
  return new Map(rows.map((row) => [row.id, row.since ?? '']));
}

/** Notes that operations wait no longer. The time that Git or Argo CD was down is not held against them. */
export async function stopWaiting(tx: Tx, ids: string[]): Promise<Set<string>> {
  const rows = await tx
    .update(operations)
    .set({
      ...NOT_WAITING,
      askedAt: askedUpToNow,
      updatedAt: sql`now()`,
    })
    .where(and(inArray(operations.id, ids), isNotNull(operations.waitingFor)))
    .returning({ id: operations.id });
  return new Set(rows.map((row) => row.id));
}

/** One thing outside that keeps projects waiting: what, why, since when, and how many. */
export type Problem = { waitingFor: WaitingFor; reason: string; since: string; projects: number };

/** What keeps open operations waiting, the longest first. */
export async function listProblems(db: Executor): Promise<Problem[]> {
  const since = sql`min(${operations.waitingSince})`.mapWith(operations.waitingSince);
  const rows = await db
    .select({
      waitingFor: operations.waitingFor,
      reason: operations.waitingReason,
      since,
      projects: sql`count(*)`.mapWith(Number),
    })
    .from(operations)
    .where(and(inArray(operations.state, [...TO_WRITE, ...TO_WATCH]), isNotNull(operations.waitingFor)))
    .groupBy(operations.waitingFor, operations.waitingReason)
    .orderBy(since);
  return rows.flatMap(({ waitingFor, reason, ...row }) =>
    waitingFor && reason ? [{ ...row, waitingFor, reason }] : [],
  );
}
