import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { createJobs } from '../../server/platform/jobs.ts';
import { createLog } from '../../server/platform/log.ts';
import { readValuesFile } from '../../server/provisioning/values-file.rules.ts';
import {
  type ProvisioningWorld,
  provisioningWorld,
  throughTheCluster,
  usageOfTeam,
  using,
} from '../factories/projects.ts';

const worlds: ProvisioningWorld[] = [];
async function world(over = {}): Promise<ProvisioningWorld> {
  const made = await provisioningWorld(over);
  worlds.push(made);
  return made;
}
afterEach(() => Promise.all(worlds.splice(0).map((made) => made.drop())));

const jobsOf = async ({ db }: ProvisioningWorld) => {
  const { rows } = await db.execute(sql`select key from graphile_worker.jobs where locked_at is null order by key`);
  return rows.map((row) => row.key);
};

test('a project becomes active: committed, synced, and healthy at its commit', async () => {
  const w = await world();
  const project = await w.create({ name: 'api' });
  expect(await jobsOf(w)).toEqual(['provisioning.write']);

  await w.write();
  expect(w.remote.show()).toBe(`# who lives here
namespaces:
  "${w.team.id}-api":
    "team_id": "${w.team.id}"
    "project": "api"
    "site": "haifa"
    "sla": "bronze"
    "tier": "regular"
    "cpu": 2
    "ram_gb": 4
`);
  expect(w.remote.git('log', '-1', '--format=%B', 'main')).toMatch(
    `Provision api\n\n+ ${w.team.id}-api (${w.team.name}: api)\n\nInfraHub-Operation: `,
  );
  expect(await w.get(project.id)).toMatchObject({ status: 'provisioning', commit_sha: w.remote.head() });
  expect(await jobsOf(w)).toContain('provisioning.watch:tenants');

  await w.watch();
  expect(await w.timeline(project.id)).toEqual(['reserved', 'committed', 'syncing']);
  w.pass();
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'provisioning' });
  w.pass();
  await w.watch();
  expect(await w.get(project.id)).toMatchObject({ status: 'active', status_reason: null });
  expect(await w.timeline(project.id)).toEqual(['reserved', 'committed', 'syncing', 'healthy']);
  expect(await usageOfTeam(w)).toEqual(using(2, 4));
});

test('each change of status is on record, by whom and because of which request', async () => {
  const w = await world();
  const project = await w.create();
  await throughTheCluster(w);
  const { rows } = await w.db.execute(sql`
    select actor, action, before, after, request_id from audit_events where target_id = ${project.id} order by at, id`);
  expect(rows).toMatchObject([
    { actor: w.lead.sub, action: 'project.create', request_id: w.lead.requestId },
    {
      actor: 'system:provisioning',
      action: 'project.change_status',
      before: { status: 'provisioning' },
      after: { status: 'active' },
      request_id: w.lead.requestId,
    },
  ]);
});

test('every step may run again and changes nothing more', async () => {
  const w = await world();
  const project = await w.create();
  for (const step of [w.write, w.write, w.watch, w.watch, w.write]) await step();
  w.pass();
  await Promise.all([w.watch(), w.watch(), w.write()]);
  w.pass();
  await Promise.all([w.watch(), w.watch(), w.watch()]);
  await w.watch();
  expect(await w.timeline(project.id)).toEqual(['reserved', 'committed', 'syncing', 'healthy']);
  expect(w.remote.commits()).toBe(2);
  expect(await usageOfTeam(w)).toEqual(using(2, 4));
});

test('a writer that dies between its push and its note of it: one entry, one commit', async () => {
  const w = await world();
  const project = await w.create();
  const dying = w.replica({
    ...w.repository,
    write: async (...args) => {
      await w.repository.write(...args);
      throw new Error('killed after the push');
    },
  });
  const write = dying.handlers['provisioning.write'];
  await expect(write?.({ request_id: w.lead.requestId })).rejects.toThrow('killed');
  expect(w.remote.commits()).toBe(2);
  await throughTheCluster(w);
  expect(w.remote.commits()).toBe(2);
  expect(await w.get(project.id)).toMatchObject({ status: 'active', commit_sha: w.remote.head() });
});

test('500 projects that wait are one commit and one sync, and one look makes them active', async () => {
  const w = await world();
  for (let wave = 0; wave < 10; wave++) await Promise.all(Array.from({ length: 50 }, () => w.create()));
  await throughTheCluster(w);
  expect(w.remote.commits()).toBe(2);
  const { items } = await w.projects.list(w.lead, { sort: 'created_at', limit: 200, status: 'active' });
  expect(items).toHaveLength(200);
  const { rows } = await w.db.execute(sql`select status, count(*)::int as n from projects group by 1`);
  expect(rows).toEqual([{ status: 'active', n: 500 }]);
  expect(readValuesFile(w.remote.show()).size).toBe(500);
  expect(await usageOfTeam(w)).toEqual(using(1000, 2000));
});

test('by its jobs alone a burst of 200 creates becomes active, and each commit has gathered what came in 0.3 seconds', async () => {
  const w = await world({ PROVISION_POLL_SECONDS: 0.2 });
  const jobs = createJobs({ ...w.database, log: createLog('silent'), handlers: w.provisioning.handlers });
  await jobs.start();
  const begun = performance.now();
  let gathering = 0;
  try {
    const createTwenty = async () => {
      for (let times = 0; times < 20; times++) await w.create();
    };
    await Promise.all(Array.from({ length: 10 }, createTwenty));
    gathering = (performance.now() - begun) / 300;
    await expect
      .poll(
        async () => {
          w.pass();
          return (await w.db.execute(sql`select count(*)::int as n from projects where status = 'active'`)).rows;
        },
        { timeout: 60_000, interval: 100 },
      )
      .toEqual([{ n: 200 }]);
  } finally {
    await jobs.stop();
  }
  expect(w.remote.commits() - 1).toBeLessThanOrEqual(gathering + 2);
  expect(await usageOfTeam(w)).toEqual(using(400, 800));
}, 90_000);

test('after a restart open operations go on, whatever became of their jobs', async () => {
  const w = await world();
  const [first, second] = [await w.create(), await w.create()];
  await w.write();
  const third = await w.create();
  await w.db.execute(sql`delete from graphile_worker._private_jobs`);
  const revived = w.replica();
  await revived.start();
  revived.stop();
  expect(await jobsOf(w)).toEqual(['provisioning.watch:tenants', 'provisioning.write']);
  await throughTheCluster(w);
  for (const { id } of [first, second, third]) expect(await w.get(id)).toMatchObject({ status: 'active' });
});

test('with {site} each site has its own file and application, and a bad file stops no other site', async () => {
  const w = await world({ HELM_VALUES_PATH: 'sites/{site}.yaml', ARGOCD_APP_NAME: 'tenants-{site}' });
  await w.db.execute(sql`insert into team_quota_allocations (team_id, site, cpu_limit, ram_gb_limit)
    values (${w.team.id}, 'eilat', 100, 100)`);
  w.remote.commitAsRival('sites/eilat.yaml', 'namespaces: [\n');
  const north = await w.create();
  const south = await w.create({ site: 'eilat' });
  await w.write();
  await w.watch('tenants-haifa');
  for (let step = 0; step < 2; step++) {
    w.pass();
    await w.watch('tenants-haifa');
  }
  expect(await w.get(north.id)).toMatchObject({ status: 'active' });
  expect(await w.get(south.id)).toMatchObject({
    status: 'provisioning',
    status_reason: expect.stringMatching(
      /^Waiting for the values file to be mended since \d\d:\d\d UTC: sites\/eilat.yaml: .*line/,
    ),
  });
  expect(w.remote.show('sites/eilat.yaml')).toBe('namespaces: [\n');

  w.remote.commitAsRival('sites/eilat.yaml', '# mended\n');
  await w.write();
  await w.watch('tenants-eilat');
  expect(w.remote.show('sites/eilat.yaml')).toContain(`# mended\nnamespaces:\n  "${south.namespace_name}":`);
  expect(await w.get(south.id)).toMatchObject({
    status: 'provisioning',
    status_reason: expect.not.stringContaining('Waiting'),
  });
});

test('what others write in the same file at the same time is kept', async () => {
  const w = await world();
  const project = await w.create();
  let rivals = 3;
  const racing = w.replica({
    ...w.repository,
    write: (edits, message) => {
      const raced = [...edits].map(([path, edit]): [string, typeof edit] => [
        path,
        (text) => {
          const edited = edit(text);
          if (rivals-- > 0) w.remote.commitAsRival(path, `# rival ${rivals}\n${text ?? ''}`);
          return edited;
        },
      ]);
      return w.repository.write(new Map(raced), message);
    },
  });
  await racing.handlers['provisioning.write']?.({ request_id: w.lead.requestId });
  expect(w.remote.show()).toMatch(/^# rival 0\n# rival 1\n# rival 2\n# who lives here\nnamespaces:\n {2}"/);
  expect(await w.operationOf(project.id)).toMatchObject({ state: 'committed', commitSha: w.remote.head() });
});

test('a writer does nothing while another replica writes', async () => {
  const w = await world();
  const project = await w.create();
  const [inside, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = w.replica({
    ...w.repository,
    write: async (...args) => {
      inside.resolve();
      await goOn.promise;
      return w.repository.write(...args);
    },
  });
  const first = slow.handlers['provisioning.write']?.({ request_id: w.lead.requestId });
  await inside.promise;
  await w.write();
  expect(w.remote.commits()).toBe(1);
  expect(await jobsOf(w)).toEqual(['provisioning.write']);
  goOn.resolve();
  await first;
  expect(await w.operationOf(project.id)).toMatchObject({ state: 'committed' });
});

test('an older project keeps its entry and its status when others come', async () => {
  const w = await world();
  const first = await w.create();
  await throughTheCluster(w);
  const second = await w.create();
  await throughTheCluster(w);
  expect(await w.get(first.id)).toMatchObject({ status: 'active' });
  expect(await w.get(second.id)).toMatchObject({ status: 'active' });
});

test('a project becomes active although others keep coming and Argo CD is always at work for them', async () => {
  const w = await world();
  let isSyncing = false;
  const busy = w.replica(w.repository, {
    ...w.argocd,
    sync: async (...args) => {
      isSyncing = true;
      return w.argocd.sync(...args);
    },
    getApplication: async (...args) => {
      const seen = await w.argocd.getApplication(...args);
      return isSyncing ? { ...seen, operation: { phase: 'Running', resources: [] } } : seen;
    },
  });
  const first = await w.create();
  for (let tick = 0; tick < 3; tick++) {
    await w.create();
    await w.write();
    await busy.handlers['provisioning.watch']?.({ request_id: w.lead.requestId, application: 'tenants' });
    w.pass();
    isSyncing = false;
  }
  await w.create();
  await w.write();
  await busy.handlers['provisioning.watch']?.({ request_id: w.lead.requestId, application: 'tenants' });
  expect(await w.get(first.id)).toMatchObject({ status: 'active' });
});
