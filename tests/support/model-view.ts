import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Executor } from '../../server/platform/database.ts';
import type { Cluster, Entries } from './model-cluster.ts';
import { type Amount, type Operation, quotaKey, type Sla, type State, type Tier, usedBy } from './model-state.ts';

type Project = Pick<State['projects'][string], 'team' | 'name' | 'site' | 'status'> & {
  sla: Sla;
  tier: Tier;
  /** How far it has come with what is under way for it, and whether Argo CD was asked for that. */
  under_way: Operation['state'] | null;
  asked: boolean;
} & Amount;

/** All that the model answers for, under its own keys: what it expects, or what there really is. */
export type View = {
  nodes: State['nodes'];
  servers: State['servers'];
  departmentQuotas: Record<string, Amount>;
  teamQuotas: Record<string, { limit: Amount; used: Amount }>;
  projects: Record<string, Project>;
  audited: Record<string, number>;
  git: { revision: number; entries: Entries };
  cluster: Pick<Cluster, 'live' | 'last'> & { syncsTo: number | null };
};

const mapValues = <T, U>(record: Record<string, T>, of: (value: T, key: string) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, of(value, key)]));

/** What a cluster and its branch look like, with names that `known` translates. */
export function viewOfCluster({ head, live, last, running }: Cluster, known: Names): Pick<View, 'git' | 'cluster'> {
  const entries = (of: Entries): Entries =>
    Object.fromEntries(Object.entries(of).map(([name, entry]) => [known.namespace(name), known.entry(entry)]));
  return {
    git: { revision: head.number, entries: entries(head.entries) },
    cluster: {
      live: entries(live),
      last: last && { ...last, refused: last.refused.map(known.namespace).sort() },
      syncsTo: running?.number ?? null,
    },
  };
}

export type Names = { namespace(name: string): string; entry(entry: string): string };
const ITSELF: Names = { namespace: (name) => name, entry: (entry) => entry };

/** What the model expects. */
export function expected(state: State): View {
  const { nodes, servers, departmentQuotas, audited } = state;
  return {
    nodes,
    servers,
    departmentQuotas,
    teamQuotas: mapValues(state.teamQuotas, (limit, key) => {
      const [team = '', site = ''] = key.split(' ');
      return { limit, used: usedBy(state, team, site) };
    }),
    projects: mapValues(state.projects, ({ team, name, site, status, size: { sla, tier }, holds, operation }) => ({
      ...{ team, name, site, status, sla, tier, ...holds },
      under_way: operation?.state ?? null,
      asked: operation !== null && operation.clock !== null,
    })),
    audited,
    ...viewOfCluster(state.cluster, ITSELF),
  };
}

const amount = { cpu: z.number(), ram: z.number() };
const stored = z.object({
  nodes: z.array(
    z.object({
      id: z.string(),
      level: z.enum(['center', 'field', 'department', 'team']),
      name: z.string(),
      parent: z.string().nullable(),
    }),
  ),
  servers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      site: z.string(),
      ...amount,
      online: z.boolean(),
      field: z.string().nullable(),
    }),
  ),
  department_quotas: z.array(z.object({ owner: z.string(), site: z.string(), ...amount })),
  team_quotas: z.array(
    z.object({ owner: z.string(), site: z.string(), ...amount, cpu_used: z.number(), ram_used: z.number() }),
  ),
  projects: z.array(
    z.object({
      id: z.string(),
      team: z.string(),
      name: z.string(),
      namespace: z.string(),
      site: z.string(),
      status: z.enum([
        'provisioning',
        'active',
        'updating',
        'rolling_back',
        'failed',
        'decommissioning',
        'decommissioned',
      ]),
      sla: z.enum(['bronze', 'silver', 'gold']),
      tier: z.enum(['regular', 'high_performance']),
      under_way: z.enum(['requested', 'committed', 'syncing', 'undoing', 'undone']).nullable(),
      asked: z.boolean(),
      ...amount,
    }),
  ),
  audited: z.record(z.string(), z.number()),
});
export type Stored = z.infer<typeof stored>;

/** Everything in the database that the model answers for, in one look. Shares nothing with the product but the tables. */
export async function readStored(db: Executor): Promise<Stored> {
  const rows = (query: string) => sql.raw(`(select coalesce(json_agg(r), '[]') from (${query}) r)`);
  const { rows: found } = await db.execute(sql`select
    ${rows(`select id, 'center' as level, name, null as parent from centers
      union all select id, 'field', name, center_id::text from fields
      union all select id, 'department', name, field_id::text from departments
      union all select id, 'team', name, department_id::text from teams`)} as nodes,
    ${rows(`select s.id, s.name, s.site, s.cpu, s.ram_gb as ram, s.status = 'online' as online, a.field_id as field
      from servers s left join field_server_allocations a on a.server_id = s.id`)} as servers,
    ${rows('select department_id as owner, site, cpu_limit as cpu, ram_gb_limit as ram from department_quota_allocations')}
      as department_quotas,
    ${rows(`select team_id as owner, site, cpu_limit as cpu, ram_gb_limit as ram, cpu_used, ram_gb_used as ram_used
      from team_quota_allocations`)} as team_quotas,
    ${rows(`select p.id, p.team_id as team, p.name, p.namespace_name as namespace, p.site, p.status, p.sla_type as sla,
      p.performance_tier as tier, p.cpu, p.ram_gb as ram, o.state as under_way, o.asked_at is not null as asked
      from projects p
      left join project_operations o on o.project_id = p.id and o.state not in ('succeeded', 'failed')`)} as projects,
    (select coalesce(json_object_agg(action, n), '{}') from (
      select action, count(*) as n from audit_events where actor <> 'system:provisioning' group by action) a) as audited`);
  return stored.parse(found[0]);
}

/** What there really is, under the model's keys. */
export function actual(found: Stored, keyOf: (id: string) => string, outside: Pick<View, 'git' | 'cluster'>): View {
  const byKey = <T, U>(rows: T[], key: (row: T) => string, value: (row: T) => U): Record<string, U> =>
    Object.fromEntries(rows.map((row) => [key(row), value(row)]));
  const ownerAndSite = (row: { owner: string; site: string }) => quotaKey(keyOf(row.owner), row.site);
  return {
    nodes: byKey(
      found.nodes,
      (n) => keyOf(n.id),
      ({ level, name, parent }) => ({ level, name, parent: parent === null ? null : keyOf(parent) }),
    ),
    servers: byKey(
      found.servers,
      (s) => s.name,
      ({ site, cpu, ram, online, field }) => ({
        ...{ site, size: { cpu, ram }, online },
        field: field === null ? null : keyOf(field),
      }),
    ),
    departmentQuotas: byKey(found.department_quotas, ownerAndSite, ({ cpu, ram }) => ({ cpu, ram })),
    teamQuotas: byKey(found.team_quotas, ownerAndSite, ({ cpu, ram, cpu_used, ram_used }) => ({
      limit: { cpu, ram },
      used: { cpu: cpu_used, ram: ram_used },
    })),
    projects: byKey(
      found.projects,
      (p) => keyOf(p.id),
      ({ id: _, namespace: __, team, ...project }) => ({ team: keyOf(team), ...project }),
    ),
    audited: found.audited,
    ...outside,
  };
}
