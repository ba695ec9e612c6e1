import { allocationsRouter } from './allocations/allocations.router.ts';
import { auditRouter } from './audit/audit.router.ts';
import { authRouter } from './auth/auth.router.ts';
import { driftProcedures } from './drift/drift.router.ts';
import { liveRouter } from './live/live.router.ts';
import { orgRouter } from './org/org.router.ts';
import { router } from './platform/trpc.ts';
import { projectsRouter } from './projects/projects.router.ts';
import { quotasRouter } from './quotas/quotas.router.ts';
import { reportsRouter } from './reports/reports.router.ts';
import { serversRouter, syncProcedures } from './servers/servers.router.ts';

/** Every procedure, once; tRPC, REST and the typed client are three ways to it. */
export const appRouter = router({
  auth: authRouter,
  org: orgRouter,
  servers: serversRouter,
  allocations: allocationsRouter,
  quotas: quotasRouter,
  projects: projectsRouter,
  audit: auditRouter,
  reports: reportsRouter,
  admin: router({ ...syncProcedures, ...driftProcedures }),
  live: liveRouter,
});

export type AppRouter = typeof appRouter;
