import { needs, router } from '../platform/trpc.ts';
import { usageInput, usageOutput } from './reports.schema.ts';

export const reportsRouter = router({
  usage: needs('reports.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/reports/usage',
        tags: ['reports'],
        summary: 'Capacity, granted and used, by site and by node',
      },
    })
    .input(usageInput)
    .output(usageOutput)
    .query(({ ctx, input }) => ctx.services.reports.usage(ctx.caller, input)),
});
