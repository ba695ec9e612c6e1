import { byId } from '../platform/schema.ts';
import { needs, router } from '../platform/trpc.ts';
import * as shape from './servers.schema.ts';

export const serversRouter = router({
  list: needs('servers.read')
    .meta({ openapi: { method: 'GET', path: '/servers', tags: ['servers'], summary: 'List servers' } })
    .input(shape.listServers)
    .output(shape.serverPage)
    .query(({ ctx, input }) => ctx.services.servers.list(ctx.caller, input)),
  get: needs('servers.read')
    .meta({ openapi: { method: 'GET', path: '/servers/{id}', tags: ['servers'], summary: 'Read a server' } })
    .input(byId)
    .output(shape.server)
    .query(({ ctx, input }) => ctx.services.servers.get(ctx.caller, input.id)),
  facets: needs('servers.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/servers/facets',
        tags: ['servers'],
        summary: 'What servers can be filtered by',
      },
    })
    .input(shape.serverFacetsInput)
    .output(shape.serverFacets)
    .query(({ ctx, input }) => ctx.services.servers.facets(ctx.caller, input)),
});

/** The admin's view of the sync; joined into `admin` by `server/router.ts`. */
export const syncProcedures = {
  syncServers: needs('servers.sync')
    .meta({
      refuses: ['UPSTREAM_FAILED', 'UPSTREAM_TIMEOUT'],
      openapi: { method: 'POST', path: '/admin/sync/servers', tags: ['admin'], summary: 'Sync the servers now' },
    })
    .input(shape.syncServersInput)
    .output(shape.syncRun)
    .mutation(({ ctx, input }) => ctx.services.sync.syncNow(ctx.caller, input)),
  syncRuns: needs('servers.sync')
    .meta({ openapi: { method: 'GET', path: '/admin/sync/runs', tags: ['admin'], summary: 'Past syncs' } })
    .input(shape.listSyncRuns)
    .output(shape.syncRunPage)
    .query(({ ctx, input }) => ctx.services.sync.listRuns(ctx.caller, input)),
};
