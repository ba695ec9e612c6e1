import { needs, router } from '../platform/trpc.ts';
import { attentionOutput, historyInput, historyOutput, usageInput, usageOutput } from './reports.schema.ts';

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
  attention: needs('reports.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/reports/attention',
        tags: ['reports'],
        summary: 'What outside keeps projects waiting',
      },
    })
    .output(attentionOutput)
    .query(({ ctx }) => ctx.services.reports.attention(ctx.caller)),
  history: needs('reports.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/reports/history',
        tags: ['reports'],
        summary: 'Capacity, granted and used, by day and site',
      },
    })
    .input(historyInput)
    .output(historyOutput)
    .query(({ ctx, input }) => ctx.services.reports.history(ctx.caller, input)),
});
