import { createArgoCd } from './adapters/argocd/argocd.adapter.ts';
import type { ArgoCd } from './adapters/argocd/argocd.port.ts';
import { createValuesRepository } from './adapters/git/git.adapter.ts';
import type { ValuesRepository } from './adapters/git/values-repository.port.ts';
import type { Inventory } from './adapters/inventory/inventory.port.ts';
import { createInventory } from './adapters/inventory/inventory.ts';
import type { Directory } from './adapters/ldap/directory.port.ts';
import { createLdapDirectory } from './adapters/ldap/ldap.adapter.ts';
import { createAllocationsService } from './allocations/allocations.service.ts';
import { createAuditService } from './audit/audit.service.ts';
import { createAuthService } from './auth/auth.service.ts';
import { createTokens } from './auth/tokens.ts';
import { createDriftService } from './drift/drift.service.ts';
import { createHousekeeping } from './housekeeping/housekeeping.service.ts';
import { createLiveService } from './live/live.service.ts';
import { createOrgService } from './org/org.service.ts';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import type { Database } from './platform/database.ts';
import { createLive } from './platform/live.ts';
import type { Log } from './platform/log.ts';
import type { Metrics } from './platform/metrics.ts';
import { watched } from './platform/outside.ts';
import { createSchedule } from './platform/schedule.ts';
import { createProjectsService } from './projects/projects.service.ts';
import { OPERATION_KINDS, OPERATION_OUTCOMES } from './provisioning/operation.rules.ts';
import { createProvisioning } from './provisioning/provisioning.service.ts';
import { createQuotasService } from './quotas/quotas.service.ts';
import { GAUGES } from './reports/gauges.rules.ts';
import { createGaugesService } from './reports/gauges.service.ts';
import { createReportsService } from './reports/reports.service.ts';
import { createServersService } from './servers/servers.service.ts';
import { createSyncService } from './servers/sync.service.ts';

/** The systems outside, behind their ports. */
type Adapters = {
  directory: Directory;
  inventory: Inventory;
  repository: ValuesRepository & { close(): Promise<void> };
  argocd: ArgoCd;
};

type Parts = { config: Config; database: Database; clock: Clock; log: Log; metrics: Metrics };

/** @throws where a setting names a file that cannot be read, or a credential that its system cannot use. */
function createAdapters({ config, clock, log, metrics: { work } }: Parts): Adapters {
  return {
    directory: watched('ldap', createLdapDirectory(config, log), ['authenticate', 'find'], work),
    inventory: watched('inventory', createInventory(config, clock), ['readFleet'], work),
    repository: watched('git', createValuesRepository(config, log), ['write', 'read', 'contains'], work),
    argocd: watched('argocd', createArgoCd(config), ['sync', 'getApplication'], work),
  };
}

async function createAuth({ config, database: { db }, clock, log }: Parts, directory: Directory) {
  const { JWT_SECRETS: secrets, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  const tokens = await createTokens({ secrets, issuer, audience, clock });
  const { LDAP_GROUP_BASE_DN: groupBaseDn, SIGN_IN_TRIES: freeSignInTries } = config;
  return createAuthService({ db, directory, tokens, clock, log, groupBaseDn, freeSignInTries });
}

/** Puts the rooms together: what each of them stands on is said here and nowhere else. */
export async function createServices(parts: Parts) {
  const { config, database, clock, log, metrics } = parts;
  const { db, pool } = database;
  const adapters = createAdapters(parts);
  const live = createLive({ url: config.DATABASE_URL, log });
  const allocations = createAllocationsService({ db });
  const quotas = createQuotasService({ db, allocations });
  const provisioning = createProvisioning({
    db,
    quotas,
    ...adapters,
    settings: config,
    log,
    onEnd: metrics.work.endsOf(OPERATION_KINDS, OPERATION_OUTCOMES),
  });
  const drift = createDriftService({ db, quotas, ...adapters, settings: config, log });
  const reports = createReportsService({ db });
  const schedule = createSchedule(db, [
    { task: 'reports.snapshot', everyMinutes: 60, work: reports.takeSnapshot },
    { task: 'housekeeping.sweep', everyMinutes: 60, work: createHousekeeping({ db, log }).sweep },
  ]);
  const sync = createSyncService({ db, pool, inventory: adapters.inventory, clock, log, settings: config });

  const services = {
    allocations,
    quotas,
    sync,
    drift,
    org: createOrgService({ db }),
    audit: createAuditService({ db }),
    reports,
    servers: createServersService({ db }),
    auth: await createAuth(parts, adapters.directory),
    projects: createProjectsService({ db, quotas, links: { argocd: provisioning.linkTo }, live }),
    live: createLiveService({ live }),
  };
  return {
    services,
    provisioning,
    /** For `createJobs`. */
    handlers: metrics.work.timed({ ...provisioning.handlers, ...drift.handlers, ...schedule.handlers }),
    /** For the scrapes of Prometheus. */
    gauges: { gauges: GAUGES, read: createGaugesService(database).read, liveSubscribers: live.subscribers },
    /** What runs beside requests and jobs, in the order in which it starts. */
    background: [live, sync, provisioning, drift, schedule],
    /** To be called last, when nothing uses the systems outside any more. */
    close: () => adapters.repository.close(),
  };
}

/** What a procedure may call. */
export type Services = Awaited<ReturnType<typeof createServices>>['services'];
