import type { Db } from '../platform/database.ts';
import { NotFoundError } from '../platform/errors.ts';
import { authorize, type Caller, scopeOf } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import { countFacets, type FacetRow, findServer, listServers } from './servers.repository.ts';
import type { ListServers, Server, ServerFacets, ServerFilters } from './servers.schema.ts';

/** Reading the fleet: a center admin sees all of it, a field admin the servers of its fields. */
export function createServersService({ db }: { db: Db }) {
  return {
    list: (caller: Caller, filter: ListServers): Promise<Page<Server>> =>
      listServers(db, scopeOf(caller, 'servers.read'), filter),

    /** @throws NotFoundError, ForbiddenError */
    async get(caller: Caller, id: string): Promise<Server> {
      const server = await findServer(db, id);
      if (!server) throw new NotFoundError('server', id);
      authorize(caller, 'servers.read', { fieldId: server.field_id });
      return server;
    },

    facets: async (caller: Caller, filter: ServerFilters): Promise<ServerFacets> =>
      facetsFrom(await countFacets(db, scopeOf(caller, 'servers.read'), filter)),
  };
}

function facetsFrom(rows: FacetRow[]): ServerFacets {
  const of = (facet: FacetRow['facet']) => rows.filter((row) => row.facet === facet);
  const values = (facet: FacetRow['facet']) => of(facet).map(({ value, count }) => ({ value, count }));
  const count = (facet: FacetRow['facet'], value: string) => of(facet).find((row) => row.value === value)?.count ?? 0;
  return {
    total: count('total', ''),
    sites: values('site'),
    performance_tiers: values('performance_tier'),
    statuses: values('status'),
    fields: of('field').map(({ value, name, count }) => ({ value, name, count })),
    allocated: { allocated: count('allocated', 'true'), free: count('allocated', 'false') },
  };
}
