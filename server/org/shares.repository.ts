import { type SQL, sql } from 'drizzle-orm';
import {
  fieldServerAllocations as allocations,
  departmentQuotaAllocations as departmentQuotas,
  departments,
  fields,
  servers,
  teamQuotaAllocations as teamQuotas,
  teams,
} from '../../db/schema/index.ts';
import type { Scope } from '../platform/policy.ts';
import * as levels from './levels.repository.ts';

/**
 * CTEs of what each node in the scope has, gave away and sees used, a row for each node and site: `team_share`,
 * `department_share`, `field_share`. Each adds up the one below it, which holds all that it needs: who is in the scope
 * is in it with everything below. A field's limit is what its servers that are online add up to, its capacity what all
 * of them do. Sums are float8, which is exact up to 2^53 and a number in JavaScript.
 */
export const sharesWithin = (scope: Scope): SQL => sql`
  team_share as (
    select ${teams.id} as node_id, ${teams.departmentId} as parent_id, ${teams.name} as name, ${teamQuotas.site} as site,
      ${teamQuotas.cpuLimit} as cpu_limit, ${teamQuotas.cpuLimit} as cpu_granted, ${teamQuotas.cpuUsed} as cpu_used,
      ${teamQuotas.ramGbLimit} as ram_gb_limit, ${teamQuotas.ramGbLimit} as ram_gb_granted,
      ${teamQuotas.ramGbUsed} as ram_gb_used
    from ${teams} join ${teamQuotas} on ${teamQuotas.teamId} = ${teams.id}
    where ${levels.team.within(scope)}
  ),
  department_share as (
    select ${departments.id} as node_id, ${departments.fieldId} as parent_id, ${departments.name} as name,
      ${departmentQuotas.site} as site, ${departmentQuotas.cpuLimit} as cpu_limit,
      ${departmentQuotas.ramGbLimit} as ram_gb_limit, ${BELOW}
    from ${departments} join ${departmentQuotas} on ${departmentQuotas.departmentId} = ${departments.id}
    left join (${sumOf('team_share')}) below
      on below.node_id = ${departments.id} and below.site = ${departmentQuotas.site}
    where ${levels.department.within(scope)}
  ),
  field_share as (
    select ${fields.id} as node_id, ${fields.centerId} as parent_id, ${fields.name} as name, site,
      coalesce(given.cpu, 0) as cpu_capacity, coalesce(given.cpu_online, 0) as cpu_limit,
      coalesce(given.ram_gb, 0) as ram_gb_capacity, coalesce(given.ram_gb_online, 0) as ram_gb_limit, ${BELOW}
    from (
      select ${allocations.fieldId} as node_id, ${servers.site} as site,
        sum(${servers.cpu})::float8 as cpu, sum(${servers.ramGb})::float8 as ram_gb,
        sum(${servers.cpu}) filter (where ${servers.status} = 'online')::float8 as cpu_online,
        sum(${servers.ramGb}) filter (where ${servers.status} = 'online')::float8 as ram_gb_online
      from ${allocations} join ${servers} on ${servers.id} = ${allocations.serverId}
      group by 1, 2
    ) given
    full join (${sumOf('department_share')}) below using (node_id, site)
    join ${fields} on ${fields.id} = node_id
    where ${levels.field.within(scope)}
  )`;

/** The same and, of all three, `share`: with the level's name, and its depth to order by; only fields have a capacity. */
export const allSharesWithin = (scope: Scope): SQL => sql`${sharesWithin(scope)},
  share as (
    select 1 as depth, 'field' as level, ${COLUMNS}, cpu_capacity, ram_gb_capacity from field_share
    union all select 2, 'department', ${COLUMNS}, null, null from department_share
    union all select 3, 'team', ${COLUMNS}, null, null from team_share
  )`;

const COLUMNS = sql.raw(
  'node_id, name, parent_id, site, cpu_limit, cpu_granted, cpu_used, ram_gb_limit, ram_gb_granted, ram_gb_used',
);

const SCOPED_BY = { field: 'fieldIds', department: 'departmentIds', team: 'teamIds' } as const;

/** One node with everything below it, whoever asks. */
export const subtreeOf = (level: keyof typeof SCOPED_BY, id: string): Scope => ({
  everything: false,
  fieldIds: [],
  departmentIds: [],
  teamIds: [],
  [SCOPED_BY[level]]: [id],
});

/** What the level below adds up to, for each node above it and site. */
const sumOf = (share: 'team_share' | 'department_share'): SQL => sql`
  select parent_id as node_id, site, sum(cpu_limit)::float8 as cpu_granted, sum(cpu_used)::float8 as cpu_used,
    sum(ram_gb_limit)::float8 as ram_gb_granted, sum(ram_gb_used)::float8 as ram_gb_used
  from ${sql.identifier(share)} group by parent_id, site`;

/** The same sums where nothing may lie below. */
const BELOW = sql`
  coalesce(below.cpu_granted, 0) as cpu_granted, coalesce(below.cpu_used, 0) as cpu_used,
  coalesce(below.ram_gb_granted, 0) as ram_gb_granted, coalesce(below.ram_gb_used, 0) as ram_gb_used`;
