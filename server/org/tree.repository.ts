import { type SQL, sql } from 'drizzle-orm';
import { type Executor, selectRows } from '../platform/database.ts';
import type { Scope } from '../platform/policy.ts';
import * as levels from './levels.repository.ts';
import { type Tree, tree } from './org.schema.ts';
import { sharesWithin } from './shares.repository.ts';

/**
 * The whole tree in one round trip, put together by PostgreSQL: every node that the scope covers with its shares, and
 * above it the bare names on the way there.
 */
export async function readTree(db: Executor, scope: Scope): Promise<Tree> {
  const [found] = await selectRows(
    db,
    tree,
    sql`
    with ${sharesWithin(scope)},
    center_share as (
      select parent_id as node_id, site, sum(cpu_capacity) as cpu_capacity, sum(cpu_limit) as cpu_limit,
        sum(cpu_granted) as cpu_granted, sum(cpu_used) as cpu_used, sum(ram_gb_capacity) as ram_gb_capacity,
        sum(ram_gb_limit) as ram_gb_limit, sum(ram_gb_granted) as ram_gb_granted, sum(ram_gb_used) as ram_gb_used
      from field_share where ${levels.center.within(scope)} group by parent_id, site
    ),
    team_branch as (${branch(scope, levels.team, shareList('team_share', QUOTA))}),
    department_branch as (${branch(scope, levels.department, shareList('department_share', QUOTA), 'team')}),
    field_branch as (${branch(scope, levels.field, shareList('field_share', SERVERS), 'department')}),
    center_branch as (${branch(scope, levels.center, shareList('center_share', SERVERS), 'field')})
    select coalesce((select nodes from center_branch), '[]') as centers`,
  );
  return found ?? { centers: [] };
}

/** The nodes of a level as JSON, an array for each parent; those not covered only where something below them is. */
function branch<N>(scope: Scope, level: levels.Level<N>, shares: SQL, below?: 'team' | 'department' | 'field'): SQL {
  const { id, name } = level.columns;
  const covered = level.within(scope);
  const parentId = level.parent?.column ?? sql`null::uuid`;
  const children = below && sql`, ${below}::text || 's', coalesce(below.nodes, '[]')`;
  return sql`
    select ${parentId} as parent_id, json_agg(json_build_object(
      'id', ${id}, 'name', ${name}, 'in_scope', ${covered}, 'shares', coalesce(own.shares, '[]') ${children}
    ) order by ${name}, ${id}) as nodes
    from ${level.table} left join (${shares}) own on own.node_id = ${id}
    ${below && sql`left join ${sql.identifier(`${below}_branch`)} below on below.parent_id = ${id}`}
    where ${covered} ${below && sql`or below.nodes is not null`}
    group by 1`;
}

/** What centers and fields have: servers. */
const SERVERS = sql`'cpu_capacity', cpu_capacity, 'cpu_online', cpu_limit, 'cpu_limit', null,
  'ram_gb_capacity', ram_gb_capacity, 'ram_gb_online', ram_gb_limit, 'ram_gb_limit', null`;
/** What departments and teams have: a quota. */
const QUOTA = sql`'cpu_capacity', null, 'cpu_online', null, 'cpu_limit', cpu_limit,
  'ram_gb_capacity', null, 'ram_gb_online', null, 'ram_gb_limit', ram_gb_limit`;

/** The shares of each node, by site. */
const shareList = (share: string, has: SQL): SQL => sql`
  select node_id, json_agg(json_build_object('site', site, ${has}, 'cpu_granted', cpu_granted, 'cpu_used', cpu_used,
    'ram_gb_granted', ram_gb_granted, 'ram_gb_used', ram_gb_used) order by site) as shares
  from ${sql.identifier(share)} group by node_id`;
