import { type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../platform/database.ts';
import type { Scope } from '../platform/policy.ts';
import * as levels from './levels.repository.ts';
import type { Tree } from './org.schema.ts';
import { sharesWithin } from './shares.repository.ts';

/**
 * The whole tree in one round trip, put together by PostgreSQL: every node that the scope covers with its shares, and
 * above it the bare names on the way there.
 */
export async function readTree(db: Executor, scope: Scope): Promise<Tree> {
  const { rows } = await db.execute<Tree>(sql`
    with ${sharesWithin(scope)},
    center_share as (
      select parent_id as node_id, site, sum(cpu_limit) as cpu_limit, sum(cpu_granted) as cpu_granted,
        sum(ram_gb_limit) as ram_gb_limit, sum(ram_gb_granted) as ram_gb_granted
      from field_share where ${levels.center.within(scope)} group by parent_id, site
    ),
    team_branch as (${branch(scope, levels.team, shareList('team_share', 'used'))}),
    department_branch as (${branch(scope, levels.department, shareList('department_share', 'granted'), 'team')}),
    field_branch as (${branch(scope, levels.field, shareList('field_share', 'granted'), 'department')}),
    center_branch as (${branch(scope, levels.center, shareList('center_share', 'granted'), 'field')})
    select coalesce((select nodes from center_branch), '[]') as centers`);
  return { centers: rows[0]?.centers ?? [] };
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

/** The shares of each node, by site. What a team gave away is what its projects use. */
const shareList = (share: string, given: 'granted' | 'used'): SQL => sql`
  select node_id, json_agg(json_build_object(
    'site', site, 'cpu_limit', cpu_limit, 'cpu_granted', ${sql.identifier(`cpu_${given}`)},
    'ram_gb_limit', ram_gb_limit, 'ram_gb_granted', ${sql.identifier(`ram_gb_${given}`)}
  ) order by site) as shares
  from ${sql.identifier(share)} group by node_id`;
