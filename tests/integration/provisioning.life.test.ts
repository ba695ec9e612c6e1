import { afterEach, describe, expect, test } from 'vitest';
import { quotaLedger } from '../../db/schema/index.ts';
import type { ArgoCd } from '../../server/adapters/argocd/argocd.port.ts';
import { GitError, type ValuesRepository } from '../../server/adapters/git/values-repository.port.ts';
import { createJobs } from '../../server/platform/jobs.ts';
import { createLog } from '../../server/platform/log.ts';
import {
  activeProject,
  failedProject,
  minutesPass,
  type ProvisioningWorld,
  provisioningWorld,
  throughTheCluster,
  usageOfTeam,
  using,
} from '../factories/projects.ts';
import { expectAllInOrder } from '../support/in-order.ts';

const worlds: ProvisioningWorld[] = [];
async function world(over = {}): Promise<ProvisioningWorld> {
  const made = await provisioningWorld(over);
  worlds.push(made);
  return made;
}
afterEach(async () => {
  for (const made of worlds.splice(0)) {
    await expectAllInOrder(made);
    await made.drop();
  }
});

const resize = (w: ProvisioningWorld, id: string, sla_type: 'bronze' | 'silver' | 'gold') =>
  w.projects.resize(w.lead, { id, sla_type, performance_tier: 'regular' });

const ledger = async ({ db }: ProvisioningWorld) =>
  (await db.select().from(quotaLedger).orderBy(quotaLedger.at)).map(({ kind, cpu, ramGb }) => [kind, cpu, ramGb]);

describe('retry', () => {
  test('a failed project becomes active in its namespace, on quota reserved again', async () => {
    const w = await world();
    const failed = await failedProject(w);
    expect(failed).toMatchObject({ status: 'failed' });
    expect(await usageOfTeam(w)).toEqual(using(0, 0));

    const { namespace_name } = failed;
    expect(await w.projects.retry(w.lead, failed.id)).toMatchObject({
      status: 'provisioning',
      status_reason: null,
      namespace_name,
    });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
    await throughTheCluster(w);
    expect(await w.get(failed.id)).toMatchObject({ status: 'active', commit_sha: w.remote.head() });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
    expect(w.cluster.namespaces()).toEqual([namespace_name]);
    const again = (await w.timeline(failed.id)).slice(6);
    expect(again).toEqual(['reserved', 'committed', 'syncing', 'healthy']);
  });

  test('one that fails again gives its quota back again, and once', async () => {
    const w = await world();
    const { id, namespace_name } = await failedProject(w);
    await w.projects.retry(w.lead, id);
    w.cluster.behave({ sync_failed: { [namespace_name]: 'still denied' } });
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'rolling_back' });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
    w.cluster.behave({ sync_failed: {} });
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'failed', status_reason: expect.stringContaining('still denied') });
    expect(await ledger(w)).toEqual([
      ['reserve', 2, 4],
      ['release', -2, -4],
      ['reserve', 2, 4],
      ['release', -2, -4],
    ]);
  });
});

describe('resize', () => {
  test('to a larger size holds that from the first moment, and is active once Argo CD has it', async () => {
    const w = await world();
    const { id, namespace_name } = await activeProject(w, { name: 'api' });
    expect(await resize(w, id, 'silver')).toMatchObject({
      status: 'updating',
      sla_type: 'bronze',
      cpu: 4,
      ram_gb: 16,
      commit_sha: w.remote.head(),
      status_reason: 'The larger of both sizes is held until the new one is confirmed.',
    });
    expect(await usageOfTeam(w)).toEqual(using(4, 16));
    await w.write();
    expect(w.remote.show()).toContain('"sla": "silver"\n    "tier": "regular"\n    "cpu": 4\n    "ram_gb": 16\n');
    expect(w.remote.git('log', '-1', '--format=%B', 'main')).toMatch(
      `Resize api\n\n~ ${namespace_name} (${w.team.name}: api) silver regular\n\nInfraHub-Operation: `,
    );
    expect(await w.get(id)).toMatchObject({ status: 'updating', commit_sha: w.remote.head() });
    await w.watch();
    expect(await w.get(id)).toMatchObject({ status: 'updating' });
    w.pass();
    await w.watch();
    expect(await w.get(id)).toMatchObject({
      status: 'active',
      sla_type: 'silver',
      cpu: 4,
      ram_gb: 16,
      status_reason: null,
    });
    expect(await usageOfTeam(w)).toEqual(using(4, 16));
    expect((await w.timeline(id)).slice(4)).toEqual(['resizing', 'committed', 'syncing', 'resized']);
  });

  test('to a smaller size holds the old one until Argo CD has the new', async () => {
    const w = await world();
    const { id } = await activeProject(w, { sla_type: 'gold' });
    expect(await resize(w, id, 'bronze')).toMatchObject({ status: 'updating', sla_type: 'gold', cpu: 8, ram_gb: 32 });
    for (const step of [w.write, w.watch]) {
      await step();
      expect(await usageOfTeam(w)).toEqual(using(8, 32));
    }
    w.pass();
    await w.watch();
    expect(await w.get(id)).toMatchObject({ status: 'active', sla_type: 'bronze', cpu: 2, ram_gb: 4 });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
    expect(await ledger(w)).toEqual([
      ['reserve', 8, 32],
      ['adjust', -6, -28],
    ]);
  });

  test('to another type of the same cost changes the entry and no quota', async () => {
    const w = await world();
    const { id } = await activeProject(w, { sla_type: 'silver', performance_tier: 'high_performance' });
    await resize(w, id, 'gold');
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'active', sla_type: 'gold', performance_tier: 'regular' });
    expect(await ledger(w)).toEqual([['reserve', 8, 32]]);
  });

  test('at an old revision that says Synced and Healthy nothing is confirmed', async () => {
    const w = await world();
    const { id } = await activeProject(w);
    w.cluster.behave({ stale: true });
    await w.argocd.getApplication('tenants');
    await resize(w, id, 'silver');
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({
      status: 'updating',
      sla_type: 'bronze',
      status_reason: expect.stringContaining('Argo CD has not looked at the commit yet.'),
    });
    w.cluster.behave({ stale: false });
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'active', sla_type: 'silver' });
  });

  test('of a namespace that is unwell is confirmed all the same: its size is what counts', async () => {
    const w = await world();
    const { id, namespace_name } = await activeProject(w, { sla_type: 'gold' });
    w.cluster.behave({ degraded: [namespace_name] });
    await resize(w, id, 'bronze');
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'active', sla_type: 'bronze' });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
  });

  test.each([
    ['larger', 'bronze', 'gold', using(2, 4)],
    ['smaller', 'gold', 'bronze', using(8, 32)],
  ] as const)(
    'to a %s size that fails: the larger is held until the old one is confirmed, and then the old',
    async (_, before, after, heldAtLast) => {
      const w = await world();
      const { id, namespace_name } = await activeProject(w, { sla_type: before });
      const file = w.remote.show();
      w.cluster.behave({ sync_failed: { [namespace_name]: 'denied by policy' } });
      await resize(w, id, after);
      await w.write();
      await w.watch();
      w.pass();
      await w.watch();
      const failure = 'The resize failed: Argo CD could not apply Namespace ';
      expect(await w.get(id)).toMatchObject({
        status: 'updating',
        sla_type: before,
        status_reason: `${failure}${namespace_name}: denied by policy. The larger of both sizes is held until the old one is back.`,
      });
      expect(await usageOfTeam(w)).toEqual(using(8, 32));
      w.cluster.behave({ sync_failed: {} });
      for (const step of [w.write, w.watch]) {
        await step();
        expect(await usageOfTeam(w)).toEqual(using(8, 32));
      }
      expect(w.remote.show()).toBe(file);
      w.pass();
      await w.watch();
      expect(await w.get(id)).toMatchObject({
        status: 'active',
        sla_type: before,
        status_reason: `${failure}${namespace_name}: denied by policy.`,
      });
      expect(await usageOfTeam(w)).toEqual(heldAtLast);
      expect((await w.timeline(id)).slice(4)).toEqual([
        'resizing',
        'committed',
        'syncing',
        'failing',
        'committed',
        'restored',
      ]);
    },
  );

  test('that is not ready within 5 minutes goes back, and a late success of it costs nobody anything', async () => {
    const w = await world();
    const { id } = await activeProject(w);
    w.cluster.behave({ stale: true });
    await w.argocd.getApplication('tenants');
    await resize(w, id, 'gold');
    await w.write();
    await w.watch();
    await minutesPass(w, 6);
    await w.watch();
    expect(await w.get(id)).toMatchObject({
      status: 'updating',
      status_reason: expect.stringContaining('The resize failed: Not ready within 5 minutes'),
    });
    w.cluster.behave({ stale: false });
    w.pass();
    await w.watch();
    expect(await usageOfTeam(w)).toEqual(using(8, 32));
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'active', sla_type: 'bronze', cpu: 2 });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
  });

  test('whose way back fails as well is asked for again, however long, and holds the larger meanwhile', async () => {
    const w = await world();
    const { id, namespace_name } = await activeProject(w);
    w.cluster.behave({ missing: [namespace_name] });
    await resize(w, id, 'gold');
    await throughTheCluster(w);
    await minutesPass(w, 6);
    await w.watch();
    w.cluster.behave({ sync_failed: { [namespace_name]: 'denied' } });
    await throughTheCluster(w);
    await minutesPass(w, 600);
    await throughTheCluster(w);
    expect(await w.operationOf(id)).toMatchObject({ state: 'undone' });
    expect(await usageOfTeam(w)).toEqual(using(8, 32));
    expect((await w.timeline(id)).filter((kind) => kind === 'failing')).toHaveLength(1);
    w.cluster.behave({ sync_failed: {}, missing: [] });
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'active', sla_type: 'bronze' });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
  });
});

describe('decommission', () => {
  test('gives the quota back when the namespace is gone, not before, and the name with it', async () => {
    const w = await world();
    const { id, namespace_name } = await activeProject(w, { name: 'api' });
    expect(await w.projects.decommission(w.lead, id)).toMatchObject({
      status: 'decommissioning',
      status_reason: 'Quota is held until the namespace is gone.',
    });
    await w.write();
    expect(w.remote.show()).toBe('# who lives here\nnamespaces:\n');
    expect(w.remote.git('log', '-1', '--format=%B', 'main')).toMatch(
      `Decommission api\n\n- ${namespace_name} (${w.team.name}: api)\n\nInfraHub-Operation: `,
    );
    await w.watch();
    w.pass();
    await w.watch();
    expect(await w.get(id)).toMatchObject({ status: 'decommissioning' });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
    w.pass();
    await w.watch();
    expect(await w.get(id)).toMatchObject({ status: 'decommissioned', status_reason: null });
    expect(await usageOfTeam(w)).toEqual(using(0, 0));
    expect((await w.timeline(id)).slice(4)).toEqual(['decommissioning', 'removed', 'syncing', 'decommissioned']);

    const heir = await activeProject(w, { name: 'api' });
    expect(heir).toMatchObject({ status: 'active', namespace_name });
  });

  test('waits for a namespace that Argo CD does not prune, however long, and never fails', async () => {
    const w = await world();
    const { id, namespace_name } = await activeProject(w);
    w.cluster.behave({ never_prune: true });
    await w.projects.decommission(w.lead, id);
    await throughTheCluster(w);
    await minutesPass(w, 600);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({
      status: 'decommissioning',
      status_reason: `Quota is held until the namespace is gone. Argo CD still reports Namespace ${namespace_name}.`,
    });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
    w.cluster.behave({ never_prune: false });
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'decommissioned' });
  });

  test('believes in no absence at an old revision', async () => {
    const w = await world();
    const { id, namespace_name } = await activeProject(w);
    w.cluster.behave({ drop_namespace: [namespace_name] });
    await w.argocd.getApplication('tenants');
    w.cluster.behave({ stale: true });
    await w.argocd.getApplication('tenants');
    await w.projects.decommission(w.lead, id);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'decommissioning' });
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
    w.cluster.behave({ stale: false, drop_namespace: [] });
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: 'decommissioned' });
  });

  test('of a failed project, of which nothing is left, is done at once', async () => {
    const w = await world();
    const { id } = await failedProject(w, { name: 'api' });
    const commits = w.remote.commits();
    expect(await w.projects.decommission(w.lead, id)).toMatchObject({ status: 'decommissioned', status_reason: null });
    await throughTheCluster(w);
    expect(w.remote.commits()).toBe(commits);
    expect(await usageOfTeam(w)).toEqual(using(0, 0));
    expect((await w.timeline(id)).at(-1)).toBe('decommissioned');
    expect(await activeProject(w, { name: 'api' })).toMatchObject({ status: 'active' });
  });
});

test('a provision, a resize, a way back and a decommission are one commit and one sync, and settle by one look', async () => {
  const w = await world();
  const [growing, failing, going] = [await w.create(), await w.create(), await w.create()];
  await throughTheCluster(w);
  w.cluster.behave({ sync_failed: { [failing.namespace_name]: 'denied' } });
  await resize(w, failing.id, 'gold');
  await w.write();
  await w.watch();
  w.pass();
  await w.watch();
  w.cluster.behave({ sync_failed: {} });
  await resize(w, growing.id, 'silver');
  await w.projects.decommission(w.lead, going.id);
  const coming = await w.create();
  const commits = w.remote.commits();
  await throughTheCluster(w);
  expect(w.remote.commits()).toBe(commits + 1);
  const states = await Promise.all([growing, failing, going, coming].map(async ({ id }) => (await w.get(id)).status));
  expect(states).toEqual(['active', 'active', 'decommissioned', 'active']);
  expect(await usageOfTeam(w)).toEqual(using(8, 24));
});

test('by its jobs alone a project goes all its ways', async () => {
  const w = await world({ PROVISION_POLL_SECONDS: 0.2 });
  const jobs = createJobs({ ...w.database, log: createLog('silent'), handlers: w.provisioning.handlers });
  await jobs.start();
  const eventually = <T>(look: () => Promise<T>) =>
    expect.poll(
      () => {
        w.pass();
        return look();
      },
      { timeout: 20_000, interval: 100 },
    );
  const becomes = (id: string, status: string) => eventually(async () => (await w.get(id)).status).toBe(status);
  try {
    const { id, namespace_name } = await w.create();
    w.cluster.behave({ degraded: [namespace_name] });
    await becomes(id, 'failed');
    w.cluster.behave({ degraded: [] });
    await w.projects.retry(w.lead, id);
    await becomes(id, 'active');
    w.cluster.behave({ sync_failed: { [namespace_name]: 'denied' } });
    await resize(w, id, 'gold');
    await eventually(async () => (await w.get(id)).status_reason).toContain('The resize failed');
    w.cluster.behave({ sync_failed: {} });
    await becomes(id, 'active');
    expect((await w.timeline(id)).at(-1)).toBe('restored');
    await w.projects.decommission(w.lead, id);
    await becomes(id, 'decommissioned');
  } finally {
    await jobs.stop();
  }
}, 90_000);

/** Each way of a project, from where it begins, and what it is at the end. */
const WAYS = [
  ['provision', async (w: ProvisioningWorld) => (await w.create()).id, 'active'],
  ['retry', async (w: ProvisioningWorld) => retry(w, await failedProject(w)), 'active'],
  ['resize', async (w: ProvisioningWorld) => (await resize(w, (await activeProject(w)).id, 'gold')).id, 'active'],
  ['decommission', async (w: ProvisioningWorld) => decommission(w, await activeProject(w)), 'decommissioned'],
] as const;

const retry = async (w: ProvisioningWorld, { id }: { id: string }) => (await w.projects.retry(w.lead, id)).id;
const decommission = async (w: ProvisioningWorld, { id }: { id: string }) =>
  (await w.projects.decommission(w.lead, id)).id;

const told = async (w: ProvisioningWorld, id: string, since: number) => (await w.timeline(id)).slice(since);

describe.each(WAYS)('a %s', (_, begin, end) => {
  test('whose writer dies between its push and its note of it is written once', async () => {
    const w = await world();
    const id = await begin(w);
    const commits = w.remote.commits();
    const dying = w.replica({
      ...w.repository,
      write: async (...args) => {
        await w.repository.write(...args);
        throw new Error('killed after the push');
      },
    });
    await expect(dying.handlers['provisioning.write']?.({ request_id: w.lead.requestId })).rejects.toThrow('killed');
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(w.remote.commits()).toBe(commits + 1);
    expect(await w.get(id)).toMatchObject({ status: end });
  });

  test('whose watcher dies between its sync and its note of it goes on', async () => {
    const w = await world();
    const id = await begin(w);
    await w.write();
    const killed: Partial<ArgoCd> = {
      sync: async (...args) => {
        await w.argocd.sync(...args);
        throw new Error('killed after the sync');
      },
    };
    const dying = w.replica(w.repository, { ...w.argocd, ...killed });
    const watch = dying.handlers['provisioning.watch'];
    await expect(watch?.({ request_id: w.lead.requestId, application: 'tenants' })).rejects.toThrow('killed');
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: end });
  });

  test('each of whose steps runs several times tells each of them once', async () => {
    const w = await world();
    const id = await begin(w);
    const before = (await w.timeline(id)).length;
    await Promise.all([w.write(), w.write()]);
    await w.write();
    for (let step = 0; step < 4; step++) {
      await Promise.all([w.watch(), w.watch(), w.write(), w.watch()]);
      w.pass();
    }
    expect(await w.get(id)).toMatchObject({ status: end });
    const kinds = (await told(w, id, before)).filter((kind) => kind !== 'waiting');
    expect(kinds).toEqual([...new Set(kinds)]);
    expect(kinds).toHaveLength(3);
  });

  test('waits while Git is down, says so, and goes on', async () => {
    const w = await world();
    const id = await begin(w);
    const down = () => Promise.reject(new GitError('unavailable', 'No answer.'));
    const broken: ValuesRepository = { ...w.repository, write: down, contains: down };
    await w.replica(broken).handlers['provisioning.write']?.({ request_id: w.lead.requestId });
    expect((await w.get(id)).status_reason).toMatch(/Waiting for Git since \d\d:\d\d UTC: No answer\.$/);
    expect(await w.provisioning.problems()).toMatchObject([{ waitingFor: 'git', projects: 1 }]);
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: end, status_reason: null });
    expect(await w.provisioning.problems()).toEqual([]);
  });

  test('waits while Argo CD is down, and no minute of that is held against it', async () => {
    const w = await world();
    const id = await begin(w);
    await w.write();
    await w.watch();
    w.cluster.behave({ status: 503 });
    await w.watch();
    await minutesPass(w, 60);
    await w.watch();
    expect((await w.get(id)).status_reason).toContain('Waiting for Argo CD since');
    w.cluster.behave({ status: null });
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: end, status_reason: null });
  });

  test('whose commit is rewritten away is written again', async () => {
    const w = await world();
    const id = await begin(w);
    await w.write();
    w.remote.git('update-ref', 'refs/heads/main', 'main~1');
    await w.watch();
    w.pass();
    await w.watch();
    expect(await w.operationOf(id)).toMatchObject({ state: 'requested', askedAt: null });
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: end, commit_sha: w.remote.head() });
  });
});
