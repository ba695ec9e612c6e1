import { needs } from '../platform/trpc.ts';
import * as shape from './drift.schema.ts';

/** Joined into `admin` by `server/router.ts`. */
export const driftProcedures = {
  drift: needs('drift.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/drift',
        tags: ['admin'],
        summary: 'What database, values files and Argo CD disagree about, as of the last check',
      },
    })
    .output(shape.driftReport)
    .query(({ ctx }) => ctx.services.drift.report(ctx.caller)),
  checkDrift: needs('drift.read')
    .meta({
      openapi: {
        method: 'POST',
        path: '/admin/drift/check',
        tags: ['admin'],
        summary: 'Compare database, values files and Argo CD now; changes nothing',
      },
    })
    .output(shape.driftReport)
    .mutation(({ ctx }) => ctx.services.drift.check(ctx.caller)),
  mendDrift: needs('drift.mend')
    .meta({
      openapi: {
        method: 'POST',
        path: '/admin/drift/mend',
        tags: ['admin'],
        summary: 'Have one difference mended; Argo CD syncs with prune, so what it lists as to be pruned goes as well',
      },
    })
    .input(shape.mendInput)
    .output(shape.mendOutput)
    .mutation(({ ctx, input }) => ctx.services.drift.mend(ctx.caller, input)),
};
