import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { GitError, type ValuesRepository } from '../../server/adapters/git/values-repository.port.ts';
import { readValuesFile } from '../../server/provisioning/values-file.rules.ts';
import { type DriftWorld, driftWorld } from '../factories/drift.ts';
import { throughTheCluster, usageOfTeam, using } from '../factories/projects.ts';

const worlds: DriftWorld[] = [];
async function world(over = {}): Promise<DriftWorld> {
  const made = await driftWorld(over);
  worlds.push(made);
  return made;
}
afterEach(() => Promise.all(worlds.splice(0).map((made) => made.drop())));

const NOTHING = { total: 0, since: null, findings: [], unreadable: [] };
const auditOf = async ({ db }: DriftWorld, action = 'drift.mend') =>
  (await db.execute(sql`select * from audit_events where action = ${action} order by at`)).rows;
const entryText = (namespace: string, teamId: string, over: Record<string, string | number> = {}) => {
  const entry = { team_id: teamId, project: 'api', site: 'haifa', sla: 'bronze', tier: 'regular', cpu: 2, ram_gb: 4 };
  const lines = Object.entries({ ...entry, ...over }).map(([key, value]) => `    ${key}: ${value}\n`);
  return `  ${namespace}:\n${lines.join('')}`;
};

test('an active project that has lost its entry gets it again, with the rest of the file as it was', async () => {
  const w = await world();
  const project = await w.active({ name: 'api' });
  const before = w.remote.show();
  w.remote.commitAsRival('values.yaml', '# by hand\nother: [1, 2] # keep\nnamespaces: # all of them\n');
  const finding = await w.only('project_without_entry');
  expect(finding).toMatchObject({
    id: `project_without_entry:values.yaml:${project.namespace_name}`,
    project_id: project.id,
    team_id: w.team.id,
    namespace_name: project.namespace_name,
    site: 'haifa',
    values_file: 'values.yaml',
    application: 'tenants',
    message: 'Project api is active, but values.yaml has no entry for it.',
    expected: { team_id: w.team.id, project: 'api', site: 'haifa', sla: 'bronze', tier: 'regular', cpu: 2, ram_gb: 4 },
    found: null,
    mend: { action: 'write_entry', label: 'Write the entry' },
    mending: null,
  });
  const commits = w.remote.commits();
  await w.mend(finding.id);
  expect(w.remote.commits()).toBe(commits);

  await w.throughTheMend();
  const [, entries = ''] = before.split('namespaces:\n');
  expect(w.remote.show()).toBe(`# by hand\nother: [1, 2] # keep\nnamespaces: # all of them\n${entries}`);
  expect(w.remote.git('log', '-1', '--format=%B', 'main')).toBe(
    `Mend an entry that had drifted\n\n+ ${project.namespace_name}\n\n`,
  );
  expect(await w.check()).toMatchObject(NOTHING);
  expect(w.cluster.namespaces()).toEqual([project.namespace_name]);
});

test('an entry with other numbers is named field by field, and written as the database says', async () => {
  const w = await world();
  const project = await w.active({ name: 'api' });
  const neighbour = await w.active();
  const right = w.remote.show();
  const wrong = `# before\n${right.replace('"cpu": 2\n    "ram_gb": 4', 'cpu: 64 # why?\n    labels: {a: b}')}# after\n`;
  w.remote.commitAsRival('values.yaml', wrong);
  const finding = await w.only('entry_differs');
  expect(finding).toMatchObject({
    project_id: project.id,
    expected: { cpu: 2, ram_gb: 4 },
    found: { cpu: 64, ram_gb: null },
    message:
      'The entry of project api in values.yaml is not what it should be: cpu is 64, not 2; ram_gb is missing, not 4.',
  });
  await w.mend(finding.id);
  await w.throughTheMend();
  const mended = right.replace('"cpu": 2\n    "ram_gb": 4', 'cpu: 2 # why?\n    labels: {a: b}\n    "ram_gb": 4');
  expect(w.remote.show()).toBe(`# before\n${mended}# after\n`);
  expect(w.cluster.namespaces()).toEqual([neighbour.namespace_name, project.namespace_name].sort());
  expect(await w.check()).toMatchObject(NOTHING);
  expect(await auditOf(w)).toMatchObject([
    {
      actor: w.admin.sub,
      request_id: w.admin.requestId,
      target_type: 'project',
      target_id: project.id,
      target_name: project.namespace_name,
      team_id: w.team.id,
      field_id: w.field.id,
      before: { kind: 'entry_differs', cpu: 64, ram_gb: null },
      after: { mend: 'write_entry', cpu: 2, ram_gb: 4 },
    },
  ]);
});

test('an entry whose project there is none is removed, and its namespace pruned', async () => {
  const w = await world();
  const kept = await w.active();
  const text = `${w.remote.show()}${entryText('lost-api', w.team.id)}  # the end\n`;
  w.remote.commitAsRival('values.yaml', text);
  await w.argocd.sync('tenants', 'rival');
  for (let step = 0; step < 2; step++) {
    w.pass();
    await w.argocd.getApplication('tenants');
  }
  expect(w.cluster.namespaces()).toContain('lost-api');
  const finding = await w.only('entry_without_project');
  expect(finding).toMatchObject({
    project_id: null,
    namespace_name: 'lost-api',
    message: 'values.yaml has an entry for lost-api, but there is no such project.',
    expected: null,
    found: { project: 'api', cpu: 2 },
    mend: { action: 'remove_entry' },
  });
  await w.mend(finding.id);
  await w.throughTheMend();
  expect(w.remote.show()).toBe(text.replace(entryText('lost-api', w.team.id), ''));
  expect(w.cluster.namespaces()).toEqual([kept.namespace_name]);
  expect(await w.check()).toMatchObject(NOTHING);
  expect(await auditOf(w)).toMatchObject([{ target_type: 'namespace', target_id: 'lost-api', team_id: null }]);
});

test.each(['failed', 'decommissioned'])('an entry of a project that is %s is found and removed', async (status) => {
  const w = await world();
  const project = await w.active({ name: 'api' });
  await w.db.execute(sql`delete from team_quota_allocations`);
  await w.db.execute(sql`update projects set status = ${status}`);
  const finding = await w.only('entry_without_project');
  expect(finding).toMatchObject({
    project_id: project.id,
    message: `values.yaml has an entry for ${project.namespace_name}, but project api is ${status} and should have none.`,
  });
  await w.mend(finding.id);
  await w.throughTheMend();
  expect(w.remote.show()).not.toContain(project.namespace_name);
  expect(w.cluster.namespaces()).toEqual([]);
  expect(await w.check()).toMatchObject(NOTHING);
});

test('a namespace that Argo CD does not list is asked for again', async () => {
  const w = await world();
  const project = await w.active({ name: 'api' });
  w.cluster.behave({ missing: [project.namespace_name] });
  const finding = await w.only('namespace_missing');
  expect(finding).toMatchObject({
    project_id: project.id,
    application: 'tenants',
    message: `Project api is active and has its entry, but there is no namespace ${project.namespace_name} in application tenants.`,
    mend: { action: 'sync' },
  });
  const commits = w.remote.commits();
  await w.drift.mend(w.admin, { kind: 'namespace_missing', namespace_name: project.namespace_name });
  w.cluster.behave({ missing: [] });
  await w.throughTheMend();
  const application = await w.argocd.getApplication('tenants');
  expect(application.operation).toMatchObject({ phase: 'Succeeded', revision: w.remote.head() });
  expect(w.remote.commits()).toBe(commits);
  expect(await w.check()).toMatchObject(NOTHING);
});

test('a namespace with neither entry nor project is pruned', async () => {
  const w = await world();
  const kept = await w.active();
  const text = w.remote.show();
  w.remote.commitAsRival('values.yaml', `${text}${entryText('ghost-api', w.team.id)}`);
  await w.argocd.sync('tenants', 'rival');
  w.pass();
  await w.argocd.getApplication('tenants');
  w.remote.commitAsRival('values.yaml', text);
  const finding = await w.only('namespace_unexpected');
  expect(finding).toMatchObject({
    project_id: null,
    namespace_name: 'ghost-api',
    message: 'There is a namespace ghost-api in application tenants that has no entry and no project.',
    found: { application: 'tenants' },
    mend: { action: 'prune' },
  });
  await w.mend(finding.id);
  await w.throughTheMend();
  expect(w.cluster.namespaces()).toEqual([kept.namespace_name]);
  expect(await w.check()).toMatchObject(NOTHING);
});

test('a counter that is not its ledger’s sum is set to it, and that one only', async () => {
  const w = await world();
  await w.active();
  await w.db.execute(sql`insert into team_quota_allocations (team_id, site, cpu_limit, ram_gb_limit, cpu_used)
    values (${w.team.id}, 'eilat', 100, 100, 7)`);
  await w.db.execute(sql`update team_quota_allocations set cpu_used = 5 where site = 'haifa'`);
  const { findings } = await w.check();
  expect(findings).toMatchObject([
    { kind: 'quota_counter', site: 'eilat' },
    { kind: 'quota_counter', site: 'haifa' },
  ]);
  expect(findings[1]).toMatchObject({
    team_id: w.team.id,
    namespace_name: null,
    message: `Team ${w.team.name} uses 5 cores at haifa by its counter, 2 by its ledger and 2 by its projects.`,
    expected: { ledger: 2, projects: 2 },
    found: { counter: 5 },
    mend: { action: 'recount' },
  });
  await w.mend(findings[1]?.id ?? '');
  await w.runMend();
  expect(await w.only('quota_counter')).toMatchObject({ site: 'eilat' });
  const { rows } = await w.db.execute(sql`select site, cpu_used from team_quota_allocations order by site`);
  expect(rows).toEqual([
    { site: 'eilat', cpu_used: 7 },
    { site: 'haifa', cpu_used: 2 },
  ]);
  expect(await auditOf(w)).toMatchObject([
    { target_type: 'team', target_id: w.team.id, after: { mend: 'recount', ledger: 2 } },
  ]);
  expect(await auditOf(w, 'quota.repair')).toMatchObject([{ request_id: w.admin.requestId, after: { cpu_used: 2 } }]);
});

test('a ledger and projects that disagree are told, and no counter is made to hide it', async () => {
  const w = await world();
  await w.active();
  await w.db.execute(sql`update projects set cpu = 3`);
  const { findings } = await w.check();
  const counter = findings.find((one) => one.kind === 'quota_counter');
  expect(counter).toMatchObject({ mend: null, message: expect.stringContaining('compare the ledger’s entries') });
  await expect(w.mend(counter?.id ?? '')).rejects.toMatchObject({ code: 'INVALID_STATE' });
});

test('a counter that its ledger’s sum does not fit waits for a higher limit', async () => {
  const w = await world();
  await w.active();
  await w.db.execute(sql`update team_quota_allocations set cpu_used = 1, cpu_limit = 1`);
  const finding = await w.only('quota_counter');
  await w.mend(finding.id);
  await w.runMend();
  expect((await w.report()).findings[0]?.mending).toMatchObject({
    done: false,
    waiting: 'The ledger’s sum does not fit into the team’s limit at haifa. Raise the limit first.',
  });
  await w.db.execute(sql`update team_quota_allocations set cpu_limit = 10`);
  await w.runMend();
  expect(await w.check()).toMatchObject(NOTHING);
  expect(await usageOfTeam(w)).toEqual(using(2, 4));
});

test('mended ten times at once: one is accepted, one commit is made, one event is on record', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  const finding = await w.only('project_without_entry');
  const commits = w.remote.commits();
  const replicas = Array.from({ length: 10 }, () => w.driftReplica());
  const answers = await Promise.allSettled(replicas.map((r) => r.mend(w.admin, { finding_id: finding.id })));
  expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
  for (const answer of answers) {
    if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'INVALID_STATE' });
  }
  await Promise.all(replicas.map((r) => w.runMend(r)));
  await w.runMend();
  expect(w.remote.commits()).toBe(commits + 1);
  expect(await auditOf(w)).toHaveLength(1);
  expect(await w.drift.mend(w.admin, { finding_id: finding.id }).catch((error) => error)).toMatchObject({
    code: 'INVALID_STATE',
    message: 'There is no such difference now, so there is nothing to mend.',
  });
});

test('what was mended by hand in the meantime is not mended again', async () => {
  const w = await world();
  const project = await w.active();
  const right = w.remote.show();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  const finding = await w.only('project_without_entry');
  await w.mend(finding.id);
  w.remote.commitAsRival('values.yaml', `# by hand\n${right}`);
  const commits = w.remote.commits();
  await w.throughTheMend();
  expect(w.remote.commits()).toBe(commits);
  expect(readValuesFile(w.remote.show()).has(project.namespace_name)).toBe(true);
  expect(await w.check()).toMatchObject(NOTHING);
});

test('an entry is not removed when its project came back to life after the mend was asked for', async () => {
  const w = await world();
  const project = await w.active();
  await w.db.execute(sql`update projects set status = 'failed'`);
  const { findings } = await w.check();
  await w.mend(findings.find((one) => one.kind === 'entry_without_project')?.id ?? '');
  await w.db.execute(sql`update projects set status = 'active'`);
  await w.throughTheMend();
  expect(w.remote.show()).toContain(project.namespace_name);
  expect(await w.check()).toMatchObject(NOTHING);
});

test('an entry is not removed when somebody has put their own in its place', async () => {
  const w = await world();
  w.remote.commitAsRival('values.yaml', `namespaces:\n${entryText('lost-api', w.team.id)}`);
  const finding = await w.only('entry_without_project');
  await w.mend(finding.id);
  w.remote.commitAsRival('values.yaml', 'namespaces:\n  lost-api: {mine: true}\n');
  await w.throughTheMend();
  expect(w.remote.show()).toBe('namespaces:\n  lost-api: {mine: true}\n');
});

test('many mends are one commit and one sync, and leave what nobody asked for', async () => {
  const w = await world();
  const projects = [await w.active(), await w.active()];
  const lost = ['a-x', 'b-x', 'c-x'].map((namespace) => entryText(namespace, w.team.id));
  w.remote.commitAsRival('values.yaml', `namespaces:\n${lost.join('')}`);
  const { findings } = await w.check();
  expect(findings).toHaveLength(5);
  const commits = w.remote.commits();
  for (const { id } of findings.filter((one) => one.namespace_name !== 'b-x')) await w.mend(id);
  await w.runMend();
  expect(w.remote.commits()).toBe(commits + 1);
  const names = [...readValuesFile(w.remote.show()).keys()];
  expect(names.toSorted()).toEqual(['b-x', ...projects.map((p) => p.namespace_name)].toSorted());
});

test('while Git is down a mend waits with the reason, and is done when Git is back', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  const finding = await w.only('project_without_entry');
  await w.mend(finding.id);
  const down = async (): ReturnType<ValuesRepository['write']> => {
    throw new GitError('unavailable', 'The repository cannot be reached.');
  };
  await w.runMend(w.driftReplica({ repository: { ...w.repository, write: down } }));
  expect((await w.report()).findings[0]?.mending).toMatchObject({
    requested_by: w.admin.sub,
    done: false,
    waiting: 'values.yaml: The repository cannot be reached.',
  });
  await w.throughTheMend();
  expect((await w.report()).findings[0]?.mending).toMatchObject({ done: true, waiting: null });
  expect(await w.check()).toMatchObject(NOTHING);
});

test('while Argo CD is busy, forbids it or is down, a mend waits and is asked for again; the commit is not made twice', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  await w.mend((await w.only('project_without_entry')).id);
  const commits = w.remote.commits();
  const waiting = async () => (await w.report()).findings[0]?.mending?.waiting;
  w.cluster.behave({ busy_times: 1 });
  await w.runMend();
  expect(await waiting()).toBe('Argo CD is at another operation.');
  w.cluster.behave({ sync_window: true });
  await w.runMend();
  expect(await waiting()).toContain('sync window');
  w.cluster.behave({ sync_window: false, status: 503 });
  await w.runMend();
  expect(await waiting()).toContain('503');
  w.cluster.behave({ status: null });
  await w.throughTheMend();
  expect(w.remote.commits()).toBe(commits + 1);
  expect(await w.check()).toMatchObject(NOTHING);
});

test('a mend that is done during a check is not forgotten by it, but by the next one', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  await w.mend((await w.only('project_without_entry')).id);
  const mending: ValuesRepository = {
    ...w.repository,
    read: async (path) => {
      const found = await w.repository.read(path);
      await w.runMend();
      return found;
    },
  };
  await w.driftReplica({ repository: mending }).check(w.admin);
  expect((await w.report()).findings).toMatchObject([{ kind: 'project_without_entry', mending: { done: true } }]);
  await w.throughTheMend();
  expect(await w.check()).toMatchObject(NOTHING);
  const { rows } = await w.db.execute(sql`select from drift_mends`);
  expect(rows).toEqual([]);
});

test('a mender that dies between its push and its note of it makes no second commit', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  await w.mend((await w.only('project_without_entry')).id);
  const commits = w.remote.commits();
  const dying: ValuesRepository = {
    ...w.repository,
    write: async (...args) => {
      await w.repository.write(...args);
      throw new Error('killed after the push');
    },
  };
  await expect(w.runMend(w.driftReplica({ repository: dying }))).rejects.toThrow('killed');
  await w.throughTheMend();
  expect(w.remote.commits()).toBe(commits + 1);
  expect(await w.check()).toMatchObject(NOTHING);
});

test('while provisioning writes, a mend leaves the file alone', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  await w.mend((await w.only('project_without_entry')).id);
  await w.create();
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = w.replica({
    ...w.repository,
    write: async (...args) => {
      reached.resolve();
      await goOn.promise;
      return w.repository.write(...args);
    },
  });
  const writing = slow.handlers['provisioning.write']?.({ request_id: w.lead.requestId });
  await reached.promise;
  const commits = w.remote.commits();
  await w.runMend();
  expect(w.remote.commits()).toBe(commits);
  goOn.resolve();
  await writing;
  await w.runMend();
  expect(w.remote.commits()).toBe(commits + 2);
  await throughTheCluster(w);
  expect(await w.check()).toMatchObject(NOTHING);
});
