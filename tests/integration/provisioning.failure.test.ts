import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { GitError, type ValuesRepository } from '../../server/adapters/git/values-repository.port.ts';
import {
  minutesPass,
  type ProvisioningWorld,
  provisioningWorld,
  throughTheCluster,
  usageOfTeam,
  using,
} from '../factories/projects.ts';

const worlds: ProvisioningWorld[] = [];
async function world(): Promise<ProvisioningWorld> {
  const made = await provisioningWorld();
  worlds.push(made);
  return made;
}
afterEach(() => Promise.all(worlds.splice(0).map((made) => made.drop())));

/** Failed for good: the quota is back once, the entry and the namespace are gone, and more looks change nothing. */
async function expectCleanFailure(w: ProvisioningWorld, id: string, reason: unknown): Promise<void> {
  expect(await w.get(id)).toMatchObject({
    status: 'rolling_back',
    status_reason: expect.stringContaining('Quota is held'),
  });
  expect(await usageOfTeam(w)).toEqual(using(2, 4));
  await throughTheCluster(w);
  await Promise.all([w.watch(), w.watch(), w.write()]);
  expect(await w.get(id)).toMatchObject({ status: 'failed', status_reason: reason });
  expect(await usageOfTeam(w)).toEqual(using(0, 0));
  expect(w.remote.show()).toBe('# who lives here\nnamespaces:\n');
  expect(w.cluster.namespaces()).toEqual([]);
  const told = (await w.timeline(id)).filter((kind) => kind !== 'waiting');
  expect([...new Set(told)]).toEqual(['reserved', 'committed', 'syncing', 'failing', 'removed', 'failed']);
}

test('a degraded namespace fails its project with Argo CD’s words', async () => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave({ degraded: [project.namespace_name] });
  await throughTheCluster(w);
  const reason = `Namespace ${project.namespace_name} is degraded: namespace ${project.namespace_name} does not come up.`;
  await expectCleanFailure(w, project.id, reason);
});

test('a namespace that cannot be applied fails its project at once', async () => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave({ sync_failed: { [project.namespace_name]: 'denied by policy' } });
  await throughTheCluster(w);
  await expectCleanFailure(w, project.id, expect.stringMatching(/could not apply Namespace .*: denied by policy\.$/));
});

test.each([
  ['degraded', (ns: string) => ({ degraded: [ns] })],
  ['not applied', (ns: string) => ({ sync_failed: { [ns]: 'denied' } })],
  ['missing', (ns: string) => ({ missing: [ns] })],
])('a neighbour that is %s harms no other project', async (_, behaviour) => {
  const w = await world();
  const [bad, good] = [await w.create(), await w.create()];
  w.cluster.behave(behaviour(bad.namespace_name));
  await throughTheCluster(w);
  expect(await w.get(good.id)).toMatchObject({ status: 'active' });
  expect(await w.get(bad.id)).toMatchObject({ status: expect.not.stringMatching('active') });
});

test.each([
  ['is left out although all is Healthy', (ns: string) => ({ drop_namespace: [ns] })],
  ['is listed as missing although all is Healthy', (ns: string) => ({ missing: [ns] })],
])('a namespace that %s never makes its project active; after 5 minutes it fails', async (_, behaviour) => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave(behaviour(project.namespace_name));
  await throughTheCluster(w);
  expect(await w.get(project.id)).toMatchObject({
    status: 'provisioning',
    status_reason: 'Argo CD reports no Namespace for it.',
  });
  await minutesPass(w, 6);
  await w.watch();
  w.cluster.behave({ drop_namespace: [], missing: [] });
  const reason = 'Not ready within 5 minutes: Argo CD reports no Namespace for it.';
  await expectCleanFailure(w, project.id, reason);
});

test('Synced and Healthy at the old revision does not count', async () => {
  const w = await world();
  const first = await w.create();
  await throughTheCluster(w);
  expect(await w.get(first.id)).toMatchObject({ status: 'active' });
  w.cluster.behave({ stale: true });
  await w.argocd.getApplication('tenants');

  const project = await w.create();
  await throughTheCluster(w);
  await throughTheCluster(w);
  expect(await w.get(project.id)).toMatchObject({
    status: 'provisioning',
    status_reason: 'Argo CD has not looked at the commit yet.',
  });
  w.cluster.behave({ stale: false });
  await throughTheCluster(w);
  expect(await w.get(project.id)).toMatchObject({ status: 'active' });
});

test('a late success after the timeout brings nothing to life', async () => {
  const w = await world();
  w.cluster.behave({ stale: true });
  await w.argocd.getApplication('tenants');
  const project = await w.create();
  await w.write();
  await w.watch();
  await minutesPass(w, 6);
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'rolling_back' });
  w.cluster.behave({ stale: false });
  w.pass();
  w.pass();
  await w.watch();
  expect(await usageOfTeam(w)).toEqual(using(2, 4));
  await throughTheCluster(w);
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'failed' });
  expect(w.cluster.namespaces()).toEqual([]);
  expect(await usageOfTeam(w)).toEqual(using(0, 0));
});

test('as long as Argo CD does not prune, the quota is held, and the page says why', async () => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave({ degraded: [project.namespace_name], never_prune: true });
  await throughTheCluster(w);
  await throughTheCluster(w);
  await minutesPass(w, 60);
  await throughTheCluster(w);
  const { status, status_reason } = await w.get(project.id);
  expect(status).toBe('rolling_back');
  expect(status_reason).toContain('Quota is held until clean-up is done. Argo CD still reports Namespace');
  expect(await usageOfTeam(w)).toEqual(using(2, 4));

  w.cluster.behave({ never_prune: false });
  for (let step = 0; step < 4; step++) {
    await w.watch();
    w.pass();
  }
  expect(await w.get(project.id)).toMatchObject({ status: 'failed' });
  expect(await usageOfTeam(w)).toEqual(using(0, 0));
});

test('another operation in progress is waited out, and no clock runs meanwhile', async () => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave({ busy_times: 3 });
  await w.write();
  for (let times = 0; times < 3; times++) await w.watch();
  expect(await w.operationOf(project.id)).toMatchObject({ askedAt: null, waitingFor: 'operation' });
  expect((await w.get(project.id)).status_reason).toMatch(/^Waiting for another operation in Argo CD to end since/);
  await throughTheCluster(w);
  expect(await w.get(project.id)).toMatchObject({ status: 'active', status_reason: null });
  expect(await w.timeline(project.id)).toEqual(['reserved', 'committed', 'waiting', 'syncing', 'healthy']);
});

test('a sync window is waited out, with its reason', async () => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave({ sync_window: true });
  await throughTheCluster(w);
  expect((await w.get(project.id)).status_reason).toMatch(/^Waiting for a sync window of Argo CD since/);
  expect(await w.provisioning.problems()).toMatchObject([{ waitingFor: 'sync_window', projects: 1 }]);
  w.cluster.behave({ sync_window: false });
  await throughTheCluster(w);
  expect(await w.get(project.id)).toMatchObject({ status: 'active' });
});

test.each([
  ['answers 500', { status: 500 }],
  ['answers 401', { status: 401 }],
  ['answers a web page', { garbage: 'html' }],
  ['answers half of an answer', { garbage: 'truncated' }],
  ['answers another shape', { garbage: 'wrong_shape' }],
])('while Argo CD %s its projects wait, however long, and fail by nothing of it', async (_, behaviour) => {
  const w = await world();
  const project = await w.create();
  await w.write();
  await w.watch();
  w.cluster.behave(behaviour);
  await w.watch();
  await minutesPass(w, 60);
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({
    status: 'provisioning',
    status_reason: expect.stringMatching(/^Waiting for Argo CD since \d\d:\d\d UTC: ./),
  });
  expect(await w.provisioning.problems()).toMatchObject([{ waitingFor: 'argocd', projects: 1 }]);

  w.cluster.behave({ status: null, garbage: null });
  w.pass();
  await w.watch();
  w.pass();
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'active', status_reason: null });
  expect(await w.provisioning.problems()).toEqual([]);
  expect(await w.timeline(project.id)).toEqual(['reserved', 'committed', 'syncing', 'waiting', 'healthy']);
});

test('time that Argo CD was down is not counted, time that it was up is', async () => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave({ missing: [project.namespace_name] });
  await w.write();
  await w.watch();
  w.cluster.behave({ status: 503 });
  await w.watch();
  await minutesPass(w, 60);
  w.cluster.behave({ status: null });
  w.pass();
  w.pass();
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'provisioning' });
  await minutesPass(w, 6);
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'rolling_back' });
});

test('nor is time that Git was down, when Argo CD goes down just as it comes back', async () => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave({ missing: [project.namespace_name] });
  await w.write();
  await w.watch();
  const noGit = w.replica(failing(w, new GitError('unavailable', 'No answer.')));
  await noGit.handlers['provisioning.watch']?.({ request_id: w.lead.requestId, application: 'tenants' });
  await minutesPass(w, 6);
  w.cluster.behave({ status: 503 });
  await w.watch();
  w.cluster.behave({ status: null });
  w.pass();
  w.pass();
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'provisioning' });
});

const failing = (w: ProvisioningWorld, error: GitError): ValuesRepository => ({
  ...w.repository,
  write: () => Promise.reject(error),
  contains: () => Promise.reject(error),
});

test.each(['unavailable', 'contended', 'refused', 'misconfigured'] as const)(
  'while Git is %s everything waits with the reason, and goes on by itself',
  async (kind) => {
    const w = await world();
    const broken = w.replica(failing(w, new GitError(kind, 'The repository does not answer. Check the network.')));
    const project = await w.create();
    const write = async () => broken.handlers['provisioning.write']?.({ request_id: w.lead.requestId });
    await w.db.execute(sql`delete from graphile_worker._private_jobs`);
    await write();
    await write();
    expect((await w.get(project.id)).status_reason).toMatch(
      /^Waiting for Git since \d\d:\d\d UTC: The repository does not answer\. Check the network\.$/,
    );
    expect(await w.provisioning.problems()).toEqual([
      {
        waitingFor: 'git',
        reason: 'The repository does not answer. Check the network.',
        since: expect.stringMatching(/Z$/),
        projects: 1,
      },
    ]);
    const { rows } = await w.db.execute(sql`
      select extract(epoch from run_at - created_at)::float as due from graphile_worker.jobs where key = 'provisioning.write'`);
    expect(rows).toEqual([{ due: expect.closeTo(5, 3) }]);

    await throughTheCluster(w);
    expect(await w.get(project.id)).toMatchObject({ status: 'active', status_reason: null });
    expect(await w.timeline(project.id)).toEqual(['reserved', 'waiting', 'committed', 'syncing', 'healthy']);
  },
);

/** The namespace is healthy in the cluster, and nobody has looked yet. */
async function upToHealthy(w: ProvisioningWorld): Promise<void> {
  await w.write();
  await w.watch();
  w.pass();
  await w.watch();
  w.pass();
}

test('while Git is down the watcher judges nothing, because it cannot tell old from new', async () => {
  const w = await world();
  const project = await w.create();
  await upToHealthy(w);
  await minutesPass(w, 6);
  const broken = w.replica(failing(w, new GitError('unavailable', 'No answer.')));
  await broken.handlers['provisioning.watch']?.({ request_id: w.lead.requestId, application: 'tenants' });
  expect(await w.get(project.id)).toMatchObject({
    status: 'provisioning',
    status_reason: expect.stringContaining('Waiting for Git'),
  });
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'active' });
});

test('an unusable values file stops the writer, harms nothing, and says so everywhere', async () => {
  const w = await world();
  const bad = 'namespaces:\n  a: {}\n  a: {}\n';
  w.remote.commitAsRival('values.yaml', bad);
  const projects = [await w.create(), await w.create()];
  await w.write();
  await w.write();
  expect(w.remote.show()).toBe(bad);
  for (const { id } of projects) {
    expect((await w.get(id)).status_reason).toMatch(/mended since \d\d:\d\d UTC: values\.yaml: .*line 3/);
    expect(await w.timeline(id)).toEqual(['reserved', 'waiting']);
  }
  expect(await w.provisioning.problems()).toMatchObject([{ waitingFor: 'values_file', projects: 2 }]);

  w.remote.commitAsRival('values.yaml', 'namespaces:\n  a: {}\n');
  await throughTheCluster(w);
  for (const { id } of projects) expect(await w.get(id)).toMatchObject({ status: 'active' });
});

test('a replica that wakes up late finds nothing to change', async () => {
  const w = await world();
  const project = await w.create();
  const [looked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const zombie = w.replica({
    ...w.repository,
    contains: async (...args) => {
      looked.resolve();
      await goOn.promise;
      return w.repository.contains(...args);
    },
  });
  await upToHealthy(w);
  const late = zombie.handlers['provisioning.watch']?.({ request_id: w.lead.requestId, application: 'tenants' });
  await looked.promise;
  w.cluster.behave({ degraded: [project.namespace_name] });
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'rolling_back' });
  goOn.resolve();
  await late;
  await expectCleanFailure(w, project.id, expect.stringContaining('degraded'));
});

test('nor has it anything to say any more', async () => {
  const w = await world();
  const project = await w.create();
  const [looked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const zombie = w.replica({
    ...w.repository,
    contains: async (...args) => {
      looked.resolve();
      await goOn.promise;
      return w.repository.contains(...args);
    },
  });
  await w.write();
  await w.watch();
  w.pass();
  const late = zombie.handlers['provisioning.watch']?.({ request_id: w.lead.requestId, application: 'tenants' });
  await looked.promise;
  w.pass();
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'active' });
  goOn.resolve();
  await late;
  expect(await w.get(project.id)).toMatchObject({ status: 'active', status_reason: null });
});

test('a writer that has lost its lock brings back nothing that was taken away since', async () => {
  const w = await world();
  const project = await w.create();
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const stalled = w.replica({
    ...w.repository,
    write: async (...args) => {
      reached.resolve();
      await goOn.promise;
      return w.repository.write(...args);
    },
  });
  const late = stalled.handlers['provisioning.write']?.({ request_id: w.lead.requestId });
  await reached.promise;
  await w.db.execute(sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`);
  w.cluster.behave({ degraded: [project.namespace_name] });
  await throughTheCluster(w);
  await expectCleanFailure(w, project.id, expect.stringContaining('degraded'));
  goOn.resolve();
  await expect(late).rejects.toThrow('lock of the one writer is lost');
  expect(w.remote.show()).toBe('# who lives here\nnamespaces:\n');
});

const forgetLastCommit = ({ remote }: ProvisioningWorld) => remote.git('update-ref', 'refs/heads/main', 'main~1');

test('when the history of the branch is rewritten, what is gone from it is written again', async () => {
  const w = await world();
  const project = await w.create();
  await w.write();
  forgetLastCommit(w);
  await w.watch();
  w.pass();
  await w.watch();
  expect(await w.operationOf(project.id)).toMatchObject({ state: 'requested', askedAt: null });
  await throughTheCluster(w);
  expect(await w.get(project.id)).toMatchObject({ status: 'active', commit_sha: w.remote.head() });
});

test('so is a removal, before its quota is given back', async () => {
  const w = await world();
  const project = await w.create();
  w.cluster.behave({ degraded: [project.namespace_name] });
  await throughTheCluster(w);
  await w.write();
  forgetLastCommit(w);
  await w.watch();
  w.pass();
  await w.watch();
  expect(await w.operationOf(project.id)).toMatchObject({ state: 'undoing' });
  await expectCleanFailure(w, project.id, expect.stringContaining('degraded'));
});
