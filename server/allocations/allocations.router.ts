import { byId } from '../platform/schema.ts';
import { needs, router } from '../platform/trpc.ts';
import * as shape from './allocations.schema.ts';

export const allocationsRouter = router({
  allocateServers: needs('servers.allocate')
    .meta({
      openapi: {
        method: 'POST',
        path: '/fields/{id}/servers',
        tags: ['allocations'],
        summary: 'Give servers to a field, all or none',
      },
    })
    .input(shape.serversOfField)
    .output(shape.allocationOutput)
    .mutation(({ ctx, input }) => ctx.services.allocations.allocate(ctx.caller, input)),
  releaseServers: needs('servers.allocate')
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/fields/{id}/servers',
        tags: ['allocations'],
        summary: 'Take servers from a field, all or none',
      },
    })
    .input(shape.serversOfField)
    .output(shape.allocationOutput)
    .mutation(({ ctx, input }) => ctx.services.allocations.release(ctx.caller, input)),
  fieldCapacity: needs('capacity.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/fields/{id}/capacity',
        tags: ['allocations'],
        summary: 'What a field has, gave and has left',
      },
    })
    .input(byId)
    .output(shape.fieldCapacity)
    .query(({ ctx, input }) => ctx.services.allocations.fieldCapacity(ctx.caller, input.id)),
});
