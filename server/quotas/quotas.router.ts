import { byId } from '../platform/schema.ts';
import { needs, router } from '../platform/trpc.ts';
import { quotaPlan } from './plan.schema.ts';
import * as shape from './quotas.schema.ts';

export const quotasRouter = router({
  setDepartment: needs('department_quotas.set')
    .meta({
      openapi: {
        method: 'PUT',
        path: '/departments/{id}/quotas/{site}',
        tags: ['quotas'],
        summary: 'Set a department’s quota at a site',
      },
    })
    .input(shape.setQuota)
    .output(shape.departmentQuota)
    .mutation(({ ctx, input }) => ctx.services.quotas.setDepartment(ctx.caller, input)),
  planDepartment: needs('department_quotas.set')
    .meta({
      openapi: {
        method: 'POST',
        path: '/departments/{id}/quotas/{site}/plan',
        tags: ['quotas'],
        summary: 'What setting a department’s quota at a site would do, or why not; changes nothing',
      },
    })
    .input(shape.setQuota)
    .output(quotaPlan)
    .query(({ ctx, input }) => ctx.services.quotas.planDepartment(ctx.caller, input)),
  listDepartment: needs('quotas.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/departments/{id}/quotas',
        tags: ['quotas'],
        summary: 'A department’s quota by site',
      },
    })
    .input(byId)
    .output(shape.departmentQuotaList)
    .query(({ ctx, input }) => ctx.services.quotas.listDepartment(ctx.caller, input.id)),
  setTeam: needs('team_quotas.set')
    .meta({
      openapi: {
        method: 'PUT',
        path: '/teams/{id}/quotas/{site}',
        tags: ['quotas'],
        summary: 'Set a team’s quota at a site',
      },
    })
    .input(shape.setQuota)
    .output(shape.teamQuota)
    .mutation(({ ctx, input }) => ctx.services.quotas.setTeam(ctx.caller, input)),
  planTeam: needs('team_quotas.set')
    .meta({
      openapi: {
        method: 'POST',
        path: '/teams/{id}/quotas/{site}/plan',
        tags: ['quotas'],
        summary: 'What setting a team’s quota at a site would do, or why not; changes nothing',
      },
    })
    .input(shape.setQuota)
    .output(quotaPlan)
    .query(({ ctx, input }) => ctx.services.quotas.planTeam(ctx.caller, input)),
  listTeam: needs('quotas.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/teams/{id}/quotas',
        tags: ['quotas'],
        summary: 'A team’s quota and usage by site',
      },
    })
    .input(byId)
    .output(shape.teamQuotaList)
    .query(({ ctx, input }) => ctx.services.quotas.listTeam(ctx.caller, input.id)),
  explain: needs('quotas.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/teams/{id}/quotas/{site}/ledger',
        tags: ['quotas'],
        summary: 'Every entry that adds up to a team’s usage',
      },
    })
    .input(shape.explainInput)
    .output(shape.ledgerPage)
    .query(({ ctx, input }) => ctx.services.quotas.explain(ctx.caller, input)),
  verify: needs('quotas.verify')
    .meta({
      openapi: {
        method: 'POST',
        path: '/admin/quotas/verify',
        tags: ['admin'],
        summary: 'Recount every usage counter',
      },
    })
    .input(shape.verifyInput)
    .output(shape.verifyOutput)
    .mutation(({ ctx, input }) => ctx.services.quotas.verify(ctx.caller, input)),
});
