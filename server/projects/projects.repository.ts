import { and, asc, eq, gt, ilike, inArray, ne, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { departments, projectEvents, projectOperations, projects, type Size, teams } from '../../db/schema/index.ts';
import { type Executor, executePrepared, likePattern, type Tx } from '../platform/database.ts';
import { keyset } from '../platform/paging.ts';
import type { Scope } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import type { ListProjects, Project, ProjectEvent, ProjectStatus } from './projects.schema.ts';

/** A project as it is stored: what is shown, less the link, which is not stored. */
export type ProjectRow = Omit<Project, 'argocd_url'>;

const latestCommit = sql<string | null>`(
  select o.commit_sha from project_operations o where o.project_id = ${projects.id} and o.commit_sha is not null
  order by o.created_at desc limit 1)`;

const columns = {
  id: projects.id,
  team_id: projects.teamId,
  team_name: teams.name,
  name: projects.name,
  namespace_name: projects.namespaceName,
  site: projects.site,
  sla_type: projects.slaType,
  performance_tier: projects.performanceTier,
  cpu: projects.cpu,
  ram_gb: projects.ramGb,
  status: projects.status,
  status_reason: projects.statusReason,
  commit_sha: latestCommit,
  created_by: projects.createdBy,
  created_at: projects.createdAt,
  updated_at: projects.updatedAt,
};

const size = { sla: projects.slaType, tier: projects.performanceTier, cpu: projects.cpu, ram_gb: projects.ramGb };
const place = { teamId: projects.teamId, departmentId: teams.departmentId, fieldId: departments.fieldId };

const withPlace = (db: Executor) =>
  db
    .select({ project: columns, place })
    .from(projects)
    .innerJoin(teams, eq(teams.id, projects.teamId))
    .innerJoin(departments, eq(departments.id, teams.departmentId));

/** A project and where it lies in the organisation. */
export async function findProject(db: Executor, id: string) {
  const [found] = await withPlace(db).where(eq(projects.id, id));
  return found;
}

function within(scope: Scope): SQL | undefined {
  if (scope.everything) return undefined;
  return or(
    inArray(departments.fieldId, scope.fieldIds),
    inArray(teams.departmentId, scope.departmentIds),
    inArray(projects.teamId, scope.teamIds),
  );
}

const SORT_COLUMN = { created_at: projects.createdAt, name: projects.name, updated_at: projects.updatedAt } as const;
const equals = <T>(column: Parameters<typeof eq>[0], value: T | undefined): SQL | undefined =>
  value === undefined ? undefined : eq(column, value);

const isDecommissioned = (wanted: boolean | undefined): SQL | undefined =>
  wanted === undefined ? undefined : (wanted ? eq : ne)(projects.status, 'decommissioned');

/** Newest first, unless asked otherwise; only what lies in the scope. */
export async function listProjects(db: Executor, scope: Scope, filter: ListProjects): Promise<Page<ProjectRow>> {
  const { sort } = filter;
  const page = keyset({
    sort,
    column: SORT_COLUMN[sort],
    idColumn: projects.id,
    direction: filter.direction ?? (sort === 'name' ? 'asc' : 'desc'),
    cursor: filter.cursor,
    limit: filter.limit,
  });
  const pattern = filter.text === undefined ? undefined : likePattern(filter.text);
  const rows = await db
    .select(columns)
    .from(projects)
    .innerJoin(teams, eq(teams.id, projects.teamId))
    .innerJoin(departments, eq(departments.id, teams.departmentId))
    .where(
      and(
        within(scope),
        equals(projects.teamId, filter.team_id),
        equals(teams.departmentId, filter.department_id),
        equals(departments.fieldId, filter.field_id),
        equals(projects.site, filter.site),
        equals(projects.status, filter.status),
        isDecommissioned(filter.decommissioned),
        equals(projects.slaType, filter.sla_type),
        equals(projects.performanceTier, filter.performance_tier),
        pattern === undefined ? undefined : or(ilike(projects.name, pattern), ilike(projects.namespaceName, pattern)),
        page.where,
      ),
    )
    .orderBy(...page.orderBy)
    .limit(page.fetch);
  return page.page(rows, (project) => project[sort]);
}

const eventColumns = {
  id: projectEvents.id,
  seq: projectEvents.seq,
  kind: projectEvents.kind,
  message: projectEvents.message,
  details: projectEvents.details,
  at: projectEvents.at,
};

/** A project's timeline, oldest first, after an event that is known already. */
export function listEvents(db: Executor, projectId: string, afterSeq = 0): Promise<ProjectEvent[]> {
  return db
    .select(eventColumns)
    .from(projectEvents)
    .where(and(eq(projectEvents.projectId, projectId), gt(projectEvents.seq, afterSeq)))
    .orderBy(asc(projectEvents.seq));
}

/**
 * Which of these namespaces are those of projects that are not decommissioned, or have such a name in their team, and when
 * that is, as everywhere in the transaction.
 */
export async function findTaken(
  db: Executor,
  names: { teamId: string; name: string; namespace: string }[],
): Promise<{ taken: Set<string>; at: string }> {
  const given = (pick: (name: (typeof names)[number]) => string) => sql.param(names.map(pick));
  const { rows } = await executePrepared(
    db,
    'taken',
    sql`
    select now()::timestamptz(3) as at, array(
      select asked.namespace
      from unnest(${given((n) => n.teamId)}::uuid[], ${given((n) => n.name)}::text[], ${given((n) => n.namespace)}::text[])
        as asked(team_id, name, namespace)
      where exists (
        select from ${projects} p where p.namespace_name = asked.namespace and p.status <> 'decommissioned'
        union all
        select from ${projects} p
          where p.team_id = asked.team_id and p.name = asked.name and p.status <> 'decommissioned')) as taken`,
  );
  const [{ taken, at }] = takenAt.parse(rows);
  return { taken: new Set(taken), at: new Date(at).toISOString() };
}

const takenAt = z.tuple([z.object({ taken: z.array(z.string()), at: z.string() })]);

/** A project as it is created, with the operation that provisions it and the first line of its timeline. */
export type NewProject = {
  id: string;
  operation_id: string;
  request_id: string;
  team_id: string;
  name: string;
  namespace_name: string;
  site: string;
  size: Size;
  created_by: string;
  event: { kind: ProjectEvent['kind']; message: string; details: ProjectEvent['details'] };
};

/** Inserts new projects with all that is theirs in one statement, in the order of their namespaces, as everybody does. */
export async function insertNewProjects(tx: Tx, created: NewProject[]): Promise<void> {
  await executePrepared(
    tx,
    'insert_new_projects',
    sql`
    with new as (
      select * from json_to_recordset(${JSON.stringify(created)}::json) as n(id uuid, operation_id uuid, request_id uuid,
        team_id uuid, name text, namespace_name text, site text, size jsonb, created_by text, event jsonb)
    ), project as (
      insert into ${projects} (id, team_id, name, namespace_name, site, sla_type, performance_tier, cpu, ram_gb, status,
        created_by)
      select id, team_id, name, namespace_name, site, size->>'sla', size->>'tier', (size->>'cpu')::int,
        (size->>'ram_gb')::int, 'provisioning', created_by from new order by namespace_name
    ), operation as (
      insert into ${projectOperations} (id, project_id, kind, after, state, request_id)
      select operation_id, id, 'provision', size, 'requested', request_id from new
    )
    insert into ${projectEvents} (project_id, kind, message, details, request_id)
    select id, event->>'kind', event->>'message', event->'details', request_id from new`,
  );
}

/** Whether any of these projects is there. */
export async function isAnyThere(tx: Tx, ids: string[]): Promise<boolean> {
  return (await tx.select({ id: projects.id }).from(projects).where(inArray(projects.id, ids)).limit(1)).length > 0;
}

/** Inserts the operation that is to change what Git and Argo CD hold for a project; a project has one at a time. */
export async function insertOperation(
  tx: Tx,
  operation: Omit<typeof projectOperations.$inferInsert, 'state'>,
): Promise<void> {
  await tx.insert(projectOperations).values({ ...operation, state: 'requested' });
}

/** Locks projects in the order of their ids, with what a change of them needs to know. */
export function lockProjects(tx: Tx, ids: string[]) {
  return tx
    .select({ id: projects.id, name: projects.name, site: projects.site, status: projects.status, size, place })
    .from(projects)
    .innerJoin(teams, eq(teams.id, projects.teamId))
    .innerJoin(departments, eq(departments.id, teams.departmentId))
    .where(inArray(projects.id, ids))
    .orderBy(asc(projects.id))
    .for('no key update', { of: projects });
}

/** What is set of many projects in one statement; a size that is not given stays as it is. */
export type ProjectState = { id: string; status: ProjectStatus; statusReason: string | null; size?: Size | undefined };

/** Sets status, reason and size, and `updated_at` where that changed anything. */
export async function setStates(tx: Tx, states: ProjectState[]): Promise<void> {
  const given = (pick: (state: ProjectState) => string | number | null | undefined) =>
    sql.param(states.map((state) => pick(state) ?? null));
  await tx.execute(sql`
    update projects set status = new.status, status_reason = new.reason, updated_at = now(),
      sla_type = coalesce(new.sla, sla_type), performance_tier = coalesce(new.tier, performance_tier),
      cpu = coalesce(new.cpu, projects.cpu), ram_gb = coalesce(new.ram_gb, projects.ram_gb)
    from unnest(
      ${given((s) => s.id)}::uuid[], ${given((s) => s.status)}::text[], ${given((s) => s.statusReason)}::text[],
      ${given((s) => s.size?.sla)}::text[], ${given((s) => s.size?.tier)}::text[],
      ${given((s) => s.size?.cpu)}::int[], ${given((s) => s.size?.ram_gb)}::int[]
    ) as new(id, status, reason, sla, tier, cpu, ram_gb)
    where projects.id = new.id and (
      (projects.status, projects.status_reason) is distinct from (new.status, new.reason) or new.sla is not null)`);
}

export async function insertEvents(tx: Tx, events: (typeof projectEvents.$inferInsert)[]): Promise<void> {
  if (events.length > 0) await tx.insert(projectEvents).values(events);
}
