import { and, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { fieldServerAllocations, fields, servers, syncRuns } from '../../db/schema/index.ts';
import { type Executor, likePattern, selectRows } from '../platform/database.ts';
import { keyset } from '../platform/paging.ts';
import type { Scope } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import type { ListServers, Server, ServerFilters } from './servers.schema.ts';

/**
 * When the inventory last named a server. A run that succeeded named every server that is online since, so that is not
 * written to each row at each sync: `last_seen_at` is stored only where it would differ (docs/inventory.md).
 */
const lastSeenAt = sql<string>`case when ${servers.status} = 'online' then greatest(${servers.lastSeenAt}, (
  select max(${syncRuns.startedAt}) from ${syncRuns} where ${syncRuns.outcome} = 'succeeded'
)) else ${servers.lastSeenAt} end`.mapWith(servers.lastSeenAt);

const columns = {
  id: servers.id,
  name: servers.name,
  site: servers.site,
  cpu: servers.cpu,
  ram_gb: servers.ramGb,
  performance_tier: servers.performanceTier,
  status: servers.status,
  last_seen_at: lastSeenAt,
  field_id: fields.id,
  field_name: fields.name,
};

const sortable = {
  name: servers.name,
  site: servers.site,
  cpu: servers.cpu,
  ram_gb: servers.ramGb,
  status: servers.status,
  last_seen_at: lastSeenAt,
};

const selectServers = (db: Executor) =>
  db
    .select(columns)
    .from(servers)
    .leftJoin(fieldServerAllocations, eq(fieldServerAllocations.serverId, servers.id))
    .leftJoin(fields, eq(fields.id, fieldServerAllocations.fieldId));

const within = (scope: Scope): SQL | undefined =>
  scope.everything ? undefined : inArray(fieldServerAllocations.fieldId, scope.fieldIds);

const textMatches = ({ text }: ServerFilters): SQL | undefined =>
  text === undefined ? undefined : sql`${servers.name} ilike ${likePattern(text.normalize('NFC'))}`;

/** The filters that have a facet each; undefined where nothing is asked. */
function choices(filter: ServerFilters) {
  const is = <T>(value: T | undefined, condition: (value: T) => SQL) =>
    value === undefined ? undefined : condition(value);
  return {
    site: is(filter.site, (site) => eq(servers.site, site)),
    performance_tier: is(filter.performance_tier, (tier) => eq(servers.performanceTier, tier)),
    status: is(filter.status, (status) => eq(servers.status, status)),
    field: is(filter.field_id, (id) => eq(fieldServerAllocations.fieldId, id)),
    allocated: is(filter.allocated, (allocated) =>
      allocated ? isNotNull(fieldServerAllocations.id) : isNull(fieldServerAllocations.id),
    ),
  };
}

export async function findServer(db: Executor, id: string): Promise<Server | undefined> {
  const [server] = await selectServers(db).where(eq(servers.id, id));
  return server;
}

/** By name, unless asked otherwise; only what lies in the scope. */
export async function listServers(db: Executor, scope: Scope, filter: ListServers): Promise<Page<Server>> {
  const { sort, direction = 'asc', cursor, limit } = filter;
  const page = keyset({ sort, column: sortable[sort], idColumn: servers.id, direction, cursor, limit });
  const rows = await selectServers(db)
    .where(and(within(scope), textMatches(filter), ...Object.values(choices(filter)), page.where))
    .orderBy(...page.orderBy)
    .limit(page.fetch);
  return page.page(rows, (row) => row[sort]);
}

const facetRow = z.object({
  facet: z.enum(['total', 'site', 'performance_tier', 'status', 'field', 'allocated']),
  value: z.string(),
  name: z.string(),
  count: z.number(),
});
export type FacetRow = z.infer<typeof facetRow>;

/**
 * Every value there is in the scope, with how many servers it has beside the other filters, in one scan: each server
 * carries a bit for each filter that it meets, and a facet counts those that meet all but its own.
 */
export function countFacets(db: Executor, scope: Scope, filter: ServerFilters): Promise<FacetRow[]> {
  const conditions = Object.entries(choices(filter));
  const bits = Object.fromEntries(conditions.map(([facet], i) => [facet, 1 << i]));
  const all = (1 << conditions.length) - 1;
  const met = conditions.map(([facet, condition]) =>
    condition ? sql`case when ${condition} then ${bits[facet]}::int else 0 end` : sql`${bits[facet]}::int`,
  );
  const counted = (facet: string, value: SQL, name: SQL = sql`''`) => sql`
    select ${facet} as facet, ${value} as value, ${name} as name,
      (count(*) filter (where met | ${bits[facet] ?? 0}::int = ${all}::int))::int as count
    from seen`;
  return selectRows(
    db,
    facetRow,
    sql`
    with seen as materialized (
      select ${servers.site} as site, ${servers.performanceTier} as tier, ${servers.status} as status,
        ${fields.id}::text as field_id, ${fields.name} as field_name, ${sql.join(met, sql` + `)} as met
      from ${servers}
      left join ${fieldServerAllocations} on ${fieldServerAllocations.serverId} = ${servers.id}
      left join ${fields} on ${fields.id} = ${fieldServerAllocations.fieldId}
      where ${and(sql`true`, within(scope), textMatches(filter))}
    )
    ${counted('total', sql`''`)}
    union all ${counted('site', sql`site`)} group by site
    union all ${counted('performance_tier', sql`tier`)} group by tier
    union all ${counted('status', sql`status`)} group by status
    union all ${counted('field', sql`field_id`, sql`field_name`)} where field_id is not null group by field_id, field_name
    union all ${counted('allocated', sql`(field_id is not null)::text`)} group by field_id is not null
    order by facet, name, value`,
  );
}
