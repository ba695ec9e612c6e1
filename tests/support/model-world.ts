import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { createAllocationsService } from '../../server/allocations/allocations.service.ts';
import { createOrgService } from '../../server/org/org.service.ts';
import { systemClock } from '../../server/platform/clock.ts';
import { createLive } from '../../server/platform/live.ts';
import { createLog } from '../../server/platform/log.ts';
import { createProjectsService } from '../../server/projects/projects.service.ts';
import { WATCH_TASK, WRITE_TASK } from '../../server/provisioning/provisioning.jobs.ts';
import { createProvisioning } from '../../server/provisioning/provisioning.service.ts';
import { createQuotasService } from '../../server/quotas/quotas.service.ts';
import { createSyncService } from '../../server/servers/sync.service.ts';
import { freshDatabase } from './database.ts';
import { brokenInvariants } from './invariants.ts';
import { storeFounding } from './model-founding.ts';
import { argoStandIn, gitStandIn, inventoryStandIn, outsideOf } from './model-outside.ts';
import { founding, quotaKey, type State } from './model-state.ts';
import { actual, readStored, type Stored, type View, viewOfCluster } from './model-view.ts';

const log = createLog('silent');

const SETTINGS = {
  HELM_VALUES_PATH: 'values.yaml',
  ARGOCD_APP_NAME: 'tenants',
  PROVISION_POLL_SECONDS: 10,
  PROVISION_TIMEOUT_SECONDS: 300,
  GIT_TIMEOUT_SECONDS: 20,
};

const TABLES = [
  'centers, fields, departments, teams, servers, field_server_allocations, department_quota_allocations',
  'team_quota_allocations, quota_ledger, projects, project_operations, project_events, audit_events, sync_runs',
  'idempotency_keys',
].join(', ');

/**
 * The real thing: the product's services over a real PostgreSQL, with stand-ins in memory where Git, Argo CD and the
 * inventory are. `found` makes it what the model begins with.
 */
export async function modelWorld() {
  const database = await freshDatabase({ poolSize: 12 });
  const { db, pool } = database;
  let outside = outsideOf(founding());
  let ids = new Map<string, string>();
  let keys = new Map<string, string>();
  let namespaces = new Map<string, string>();

  const reach = () => outside;
  const live = createLive({ url: database.url, log });
  const allocations = createAllocationsService({ db });
  const quotas = createQuotasService({ db, allocations });
  const repository = gitStandIn(reach);
  const argocd = argoStandIn(reach);
  const provisioning = createProvisioning({ db, quotas, repository, argocd, settings: SETTINGS, log });
  const sync = createSyncService({
    ...{ db, pool, log, inventory: inventoryStandIn(reach), clock: systemClock },
    settings: { SYNC_INTERVAL_MINUTES: 60, SYNC_MAX_OFFLINE_PERCENT: 10, PERFORMANCE_TIER_CPU_THRESHOLD: 32 },
  });
  const services = {
    org: createOrgService({ db }),
    allocations,
    quotas,
    sync,
    projects: createProjectsService({ db, quotas, links: { argocd: provisioning.linkTo }, live }),
  };

  const run = async (task: string, payload = {}) =>
    provisioning.handlers[task]?.({ request_id: randomUUID(), ...payload });
  const keyOf = (id: string): string => keys.get(id) ?? `unknown ${id}`;

  function bind(key: string, id: string): void {
    ids.set(key, id);
    keys.set(id, key);
  }

  function view(found: Stored): View {
    for (const { id, name } of found.servers) bind(name, id);
    const names = {
      namespace: (name: string) => namespaces.get(name) ?? `unknown ${name}`,
      entry: (entry: string) => entry.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, keyOf),
    };
    return actual(found, keyOf, viewOfCluster(outside.cluster, names));
  }

  return {
    services,
    get outside() {
      return outside;
    },

    /** Everything is as the model says it is, and nothing was before. */
    async found(state: State): Promise<void> {
      [ids, keys, namespaces] = [new Map(), new Map(), new Map()];
      outside = outsideOf(state);
      for (const key of [...Object.keys(state.nodes), ...Object.keys(state.servers)]) bind(key, randomUUID());
      await db.transaction(async (tx) => {
        // What is append only cannot be emptied in any other way.
        await tx.execute(sql`set local session_replication_role = replica`);
        await tx.execute(sql.raw(`truncate ${TABLES}`));
        await storeFounding(tx, state, idOf);
      });
    },

    /** The id of what the model calls so; of what it never made, one that nothing has. */
    id: idOf,

    /** What the product has made for the model's key, unless it was made before and is only answered again. */
    made(key: string, id: string): void {
      if (!keys.has(id)) bind(key, id);
    },
    named(namespace: string, as: string): void {
      namespaces.set(namespace, as);
    },
    /** The real name of what the model calls so; itself if it has none yet. */
    namespace: (name: string): string => [...namespaces].find(([, as]) => as === name)?.[0] ?? name,

    write: () => run(WRITE_TASK),
    watch: () => run(WATCH_TASK, { application: 'tenants' }),

    /** As if everything that was asked of Argo CD had been asked this much earlier. */
    pass: (minutes: number) =>
      db.execute(sql`update project_operations set asked_at = asked_at - make_interval(mins => ${minutes}),
        waiting_since = waiting_since - make_interval(mins => ${minutes})`),

    view: async (): Promise<View> => view(await readStored(db)),

    /** Which invariants do not hold, counted by SQL of its own. */
    async broken(): Promise<string[]> {
      const { rows } = await db.execute<{ id: string }>(sql`select id from fields`);
      const found = await Promise.all(rows.map(({ id }) => brokenInvariants(db, id)));
      return found.flat().map(({ invariant, id, site }) => `${invariant}: ${quotaKey(keyOf(id), site)}`);
    },

    async drop(): Promise<void> {
      await live.stop();
      await database.drop();
    },
  };

  function idOf(key: string): string {
    return ids.get(key) ?? '00000000-0000-4000-8000-000000000000';
  }
}

export type World = Awaited<ReturnType<typeof modelWorld>>;
