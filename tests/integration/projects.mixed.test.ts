import { randomInt } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { projectOperations } from '../../db/schema/index.ts';
import { openDatabase } from '../../server/platform/database.ts';
import { InfraHubError } from '../../server/platform/errors.ts';
import { createLog } from '../../server/platform/log.ts';
import { createProjectsService } from '../../server/projects/projects.service.ts';
import { createProvisioning } from '../../server/provisioning/provisioning.service.ts';
import { newProject, type ProvisioningWorld, provisioningWorld, throughTheCluster } from '../factories/projects.ts';
import { quotaServices } from '../factories/quotas.ts';
import { expectAllInOrder } from '../support/in-order.ts';
import { brokenInvariants } from '../support/invariants.ts';

const ROUNDS = 25;
const PEOPLE = 12;
const SIZES = (['bronze', 'silver', 'gold'] as const).flatMap((sla_type) =>
  (['regular', 'high_performance'] as const).map((performance_tier) => ({ sla_type, performance_tier })),
);

const pick = <T>(items: readonly T[]): T => {
  const item = items[randomInt(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

/** The rooms again, over a pool of their own, which can be closed for PostgreSQL to count its sessions' deadlocks. */
function workersOver({ database, live, repository, argocd, settings }: ProvisioningWorld) {
  const log = createLog('silent');
  const { db, close } = openDatabase({ url: database.url, poolSize: PEOPLE + 4, log });
  const { quotas } = quotaServices(db);
  return {
    projects: createProjectsService({ db, quotas, links: { argocd: (site) => site }, live }),
    replicas: [0, 1].map(() => createProvisioning({ db, quotas, repository, argocd, settings, log })),
    close,
  };
}

async function deadlocks({ db, database }: ProvisioningWorld): Promise<number> {
  const sessions = sql`select count(*)::int as n from pg_stat_activity
    where datname = current_database() and application_name = 'infrahub'`;
  await expect
    .poll(async () => Number((await db.execute(sessions)).rows[0]?.n), { timeout: 10_000 })
    .toBeLessThanOrEqual(database.pool.totalCount);
  const { rows } = await db.execute(
    sql`select deadlocks::int as n from pg_stat_database where datname = current_database()`,
  );
  return Number(rows[0]?.n);
}

test('whatever twelve people ask for at once, while two replicas write and watch and namespaces fail: it all ends in order', async () => {
  const w = await provisioningWorld();
  await w.db.execute(sql`update team_quota_allocations set cpu_limit = 150, ram_gb_limit = 600`);
  const workers = workersOver(w);
  const outcomes: Record<string, number> = {};
  const made: { id: string; namespace_name: string }[] = [];

  const recent = () => pick(made.slice(-15));
  const acts: Record<string, () => Promise<unknown>> = {
    create: async () => made.push(await workers.projects.create(w.lead, newProject(w.team.id, pick(SIZES)))),
    retry: () => workers.projects.retry(w.lead, recent().id),
    resize: () => workers.projects.resize(w.lead, { id: recent().id, ...pick(SIZES) }),
    plan: () => workers.projects.planResize(w.lead, { id: recent().id, ...pick(SIZES) }),
    decommission: () => workers.projects.decommission(w.lead, recent().id),
  };

  async function ask(): Promise<void> {
    const name = made.length < 5 ? 'create' : pick(Object.keys(acts));
    const outcome = await acts[name]?.().then(
      () => 'done',
      (error: unknown) => (error instanceof InfraHubError ? error.code : String(error)),
    );
    outcomes[`${name} ${outcome}`] = (outcomes[`${name} ${outcome}`] ?? 0) + 1;
  }

  async function provision({ handlers }: (typeof workers.replicas)[number]): Promise<void> {
    const request_id = w.lead.requestId;
    await handlers['provisioning.write']?.({ request_id });
    await handlers['provisioning.watch']?.({ request_id, application: 'tenants' });
  }

  for (let round = 0; round < ROUNDS; round++) {
    const [denied, ...unwell] = made.slice(-8).map((project) => project.namespace_name);
    w.cluster.behave({ sync_failed: denied ? { [denied]: 'denied' } : {}, degraded: unwell.slice(0, 3) });
    await Promise.all([...Array.from({ length: PEOPLE }, ask), ...workers.replicas.map(provision)]);
    expect(await brokenInvariants(w.db, w.field.id)).toEqual([]);
    w.pass();
  }
  await workers.close();

  const unplanned = Object.keys(outcomes).filter((key) => !/ (done|QUOTA_EXCEEDED|INVALID_STATE)$/.test(key));
  expect(unplanned).toEqual([]);
  for (const name of Object.keys(acts)) expect(outcomes[`${name} done`] ?? 0, name).toBeGreaterThan(0);
  w.cluster.behave({ degraded: [], sync_failed: {} });
  const isOpen = sql`state not in ('succeeded', 'failed')`;
  for (let round = 0; round < 10 && (await w.db.$count(projectOperations, isOpen)) > 0; round++) {
    await throughTheCluster(w);
  }
  await expectAllInOrder(w);
  expect(await deadlocks(w)).toBe(0);
  await w.drop();
}, 60_000);
