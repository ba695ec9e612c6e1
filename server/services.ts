import type { ArgoCd } from './adapters/argocd/argocd.port.ts';
import type { ValuesRepository } from './adapters/git/values-repository.port.ts';
import type { Inventory } from './adapters/inventory/inventory.port.ts';
import type { Directory } from './adapters/ldap/directory.port.ts';
import { createAllocationsService } from './allocations/allocations.service.ts';
import { createAuditService } from './audit/audit.service.ts';
import { createAuthService } from './auth/auth.service.ts';
import { createOrgService } from './org/org.service.ts';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import type { Database } from './platform/database.ts';
import type { Log } from './platform/log.ts';
import { createProjectsService } from './projects/projects.service.ts';
import { createQuotasService } from './quotas/quotas.service.ts';
import { createReportsService } from './reports/reports.service.ts';
import { createServersService } from './servers/servers.service.ts';
import { createSyncService } from './servers/sync.service.ts';

/** The systems outside, behind their ports. */
export type Adapters = { directory: Directory; inventory: Inventory; repository: ValuesRepository; argocd: ArgoCd };

type Parts = { config: Config; database: Database; adapters: Adapters; clock: Clock; log: Log };

/** Puts the rooms together: what each of them stands on is said here and nowhere else. */
export function createServices({ config, database, adapters, clock, log }: Parts) {
  const { db, pool } = database;
  const allocations = createAllocationsService({ db });
  const quotas = createQuotasService({ db, allocations });
  return {
    allocations,
    quotas,
    org: createOrgService({ db }),
    audit: createAuditService({ db }),
    reports: createReportsService({ db }),
    servers: createServersService({ db }),
    sync: createSyncService({
      db,
      pool,
      inventory: adapters.inventory,
      clock,
      log,
      settings: {
        intervalMinutes: config.SYNC_INTERVAL_MINUTES,
        maxOfflinePercent: config.SYNC_MAX_OFFLINE_PERCENT,
        tierThreshold: config.PERFORMANCE_TIER_CPU_THRESHOLD,
      },
    }),
    auth: createAuthService({ db, directory: adapters.directory, clock, log }),
    projects: createProjectsService({ db, quotas }),
  };
}

export type Services = ReturnType<typeof createServices>;
