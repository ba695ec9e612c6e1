import { needs, router } from '../platform/trpc.ts';
import { auditPage, listAudit } from './audit.schema.ts';

export const auditRouter = router({
  list: needs('audit.read')
    .meta({ openapi: { method: 'GET', path: '/audit', tags: ['audit'], summary: 'Who did what, when' } })
    .input(listAudit)
    .output(auditPage)
    .query(({ ctx, input }) => ctx.services.audit.list(ctx.caller, input)),
});
