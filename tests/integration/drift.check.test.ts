import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, test } from 'vitest';
import { GitError, type ValuesRepository } from '../../server/adapters/git/values-repository.port.ts';
import { adminOf, callerWith } from '../factories/caller.ts';
import { type DriftWorld, driftWorld } from '../factories/drift.ts';
import { throughTheCluster } from '../factories/projects.ts';
import { newTeamQuota } from '../factories/quotas.ts';
import { startApp } from '../support/app.ts';

const worlds: DriftWorld[] = [];
async function world(over = {}): Promise<DriftWorld> {
  const made = await driftWorld(over);
  worlds.push(made);
  return made;
}
afterEach(() => Promise.all(worlds.splice(0).map((made) => made.drop())));

const NOTHING = { total: 0, since: null, findings: [], unreadable: [] };
const kindsOf = async (w: DriftWorld) => (await w.check()).findings.map((found) => found.kind).sort();
const auditCount = async ({ db }: DriftWorld) => (await db.execute(sql`select from audit_events`)).rows.length;

/** A repository of which something happens just before or after it is read. */
const reading = (w: DriftWorld, { before = async () => {}, after = async () => {} }): ValuesRepository => ({
  ...w.repository,
  read: async (path) => {
    await before();
    const found = await w.repository.read(path);
    await after();
    return found;
  },
});
const unreachable = (w: DriftWorld): ValuesRepository =>
  reading(w, {
    before: async () => {
      throw new GitError('unavailable', 'The repository cannot be reached.');
    },
  });

describe('a report', () => {
  test('before the first check there is none, and that is said', async () => {
    const w = await world();
    expect(await w.report()).toEqual({ checked_at: null, age_seconds: null, ...NOTHING });
  });

  test('says how old it is and since when each difference is there, and reads nothing outside', async () => {
    const w = await world();
    await w.active();
    expect(await w.check()).toMatchObject(NOTHING);
    w.remote.commitAsRival('values.yaml', 'namespaces:\n');
    const first = await w.check();
    expect(first.since).toBe(first.checked_at);
    await w.db.execute(sql`update drift_checks set checked_at = checked_at - interval '90 seconds'`);
    await w.db.execute(sql`update team_quota_allocations set cpu_used = 9`);
    await w.check();
    const later = await w.driftReplica({ repository: unreachable(w) }).report(w.admin);
    expect(later).toMatchObject({ total: 2, since: first.since, age_seconds: 0 });
    expect(Object.fromEntries(later.findings.map((found) => [found.kind, found.since]))).toEqual({
      project_without_entry: first.since,
      quota_counter: later.checked_at,
    });
    await w.db.execute(sql`update drift_checks set checked_at = checked_at - interval '90 seconds'`);
    expect((await w.report()).age_seconds).toBeGreaterThanOrEqual(90);
  });

  test('the last 50 checks are kept', async () => {
    const w = await world();
    await w.db.execute(sql`insert into drift_checks (checked_at, total, findings, unreadable)
      select now() - make_interval(hours => n), n, '[]', '[]' from generate_series(1, 60) n`);
    await w.check();
    const { rows } = await w.db.execute(sql`select total from drift_checks order by checked_at desc`);
    expect(rows.map((row) => row.total)).toEqual([0, ...Array.from({ length: 49 }, (_, i) => i + 1)]);
  });

  test('a check writes no audit event', async () => {
    const w = await world();
    await w.active();
    w.remote.commitAsRival('values.yaml', 'namespaces:\n');
    const before = await auditCount(w);
    await w.check();
    expect(await auditCount(w)).toBe(before);
  });
});

describe('what goes on is no drift', () => {
  test('a project that is being provisioned, at every step', async () => {
    const w = await world();
    await w.create();
    expect(await w.check()).toMatchObject(NOTHING);
    await w.write();
    expect(await w.check()).toMatchObject(NOTHING);
    await w.watch();
    expect(await w.check()).toMatchObject(NOTHING);
    w.pass();
    await w.watch();
    expect(await w.check()).toMatchObject(NOTHING);
    w.pass();
    await w.watch();
    expect(await w.check()).toMatchObject(NOTHING);
  });

  test('a project that is rolled back, until it has failed and left nothing', async () => {
    const w = await world();
    const project = await w.create();
    w.cluster.behave({ degraded: [project.namespace_name] });
    await throughTheCluster(w);
    expect(await w.check()).toMatchObject(NOTHING);
    await w.write();
    await w.watch();
    expect(await w.check()).toMatchObject(NOTHING);
    for (let step = 0; step < 2; step++) {
      w.pass();
      await w.watch();
    }
    expect(await w.get(project.id)).toMatchObject({ status: 'failed' });
    expect(await w.check()).toMatchObject(NOTHING);
  });

  test('a project that is resized, decommissioned or tried again, at every step', async () => {
    const w = await world();
    const project = await w.active();
    const steps = [w.write, w.watch, w.pass, w.watch, w.pass, w.watch, w.pass, w.watch];
    const stepByStep = async () => {
      for (const step of steps) {
        expect(await w.check()).toMatchObject(NOTHING);
        await step();
      }
      expect(await w.check()).toMatchObject(NOTHING);
    };
    await w.projects.resize(w.lead, { id: project.id, sla_type: 'silver', performance_tier: 'regular' });
    await stepByStep();
    expect(await w.get(project.id)).toMatchObject({ status: 'active', cpu: 4 });
    await w.projects.decommission(w.lead, project.id);
    await stepByStep();
    expect(await w.get(project.id)).toMatchObject({ status: 'decommissioned' });

    const failing = await w.create();
    w.cluster.behave({ sync_failed: { [failing.namespace_name]: 'no room' } });
    await stepByStep();
    await stepByStep();
    expect(await w.get(failing.id)).toMatchObject({ status: 'failed' });
    w.cluster.behave({ sync_failed: {} });
    await w.projects.retry(w.lead, failing.id);
    await stepByStep();
    expect(await w.get(failing.id)).toMatchObject({ status: 'active' });
  }, 120_000);

  test.each(['before', 'after'])('a change that begins and ends in a check, %s the file is read', async (when) => {
    const w = await world();
    const project = await w.active();
    const change = async () => {
      await w.projects.decommission(w.lead, project.id);
      await throughTheCluster(w);
      await w.active();
    };
    const checking = w.driftReplica({ repository: reading(w, { [when]: change }) });
    expect(await checking.check(w.admin)).toMatchObject(NOTHING);
    expect(await w.get(project.id)).toMatchObject({ status: 'decommissioned' });
    expect(await w.check()).toMatchObject(NOTHING);
  });
});

test('entries that were written by hand are told and never touched; keys beside `namespaces` are nobody’s business', async () => {
  const w = await world();
  await w.active();
  const text = `other: {a: 1}\n${w.remote.show()}  by-hand:\n    note: "a\\0b"\n  7: null\n  "x\\0\\ud800": {team_id: 1}\n`;
  w.remote.commitAsRival('values.yaml', text);
  const { findings } = await w.check();
  expect(findings.map(({ kind, namespace_name, found, mend }) => ({ kind, namespace_name, found, mend }))).toEqual(
    ['by-hand', '7', 'x\u{FFFD}\u{FFFD}'].map((namespace_name) => ({
      kind: 'entry_without_project',
      namespace_name,
      found: null,
      mend: null,
    })),
  );
  for (const { id } of findings) await expect(w.mend(id)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  await w.runMend();
  expect(w.remote.show()).toBe(text);
});

test('what others add to an entry is no drift', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', `${w.remote.show()}    labels: {cost: b}\n`);
  expect(await w.check()).toMatchObject(NOTHING);
});

describe('what cannot be read is told, and the rest is compared', () => {
  test.each([
    ['conflict markers', '<<<<<<< HEAD\nnamespaces: {}\n=======\n', 'It is not valid YAML'],
    ['a duplicate key', 'namespaces: {}\nnamespaces: {}\n', 'line 2'],
    ['a list of namespaces', 'namespaces: [a]\n', 'must be a mapping'],
  ])('a values file with %s', async (_, text, reason) => {
    const w = await world();
    await w.active();
    w.remote.commitAsRival('values.yaml', text);
    await w.db.execute(sql`update team_quota_allocations set cpu_used = 9`);
    const report = await w.check();
    expect(report.unreadable).toContainEqual({
      source: 'values_file',
      name: 'values.yaml',
      reason: expect.stringContaining(reason),
    });
    expect(report.findings.map((found) => found.kind)).toEqual(['quota_counter']);
    await w.runCheck();
    await w.runMend();
    expect(w.remote.show()).toBe(text);
  });

  test('a values file that becomes unusable after a mend was asked for: the mend waits and harms nothing', async () => {
    const w = await world();
    await w.active();
    w.remote.commitAsRival('values.yaml', 'namespaces:\n');
    await w.mend((await w.only('project_without_entry')).id);
    w.remote.commitAsRival('values.yaml', 'namespaces: [\n');
    await w.runMend();
    expect(w.remote.show()).toBe('namespaces: [\n');
    expect((await w.report()).findings[0]?.mending?.waiting).toMatch(/^values.yaml: .*not valid YAML/);
  });

  test('Git', async () => {
    const w = await world();
    await w.active();
    await w.db.execute(sql`update team_quota_allocations set cpu_used = 9`);
    const report = await w.driftReplica({ repository: unreachable(w) }).check(w.admin);
    expect(report).toMatchObject({
      findings: [{ kind: 'quota_counter' }],
      unreadable: [{ source: 'git', name: 'values.yaml', reason: 'The repository cannot be reached.' }],
    });
  });

  test.each([
    [{ status: 403 }, '403'],
    [{ status: 500 }, '500'],
    [{ garbage: 'html' }, 'no JSON'],
    [{ garbage: 'wrong_shape' }, 'no application'],
    [{ hang: true }, 'did not answer in time'],
  ])('Argo CD: %o', async (behaviour, reason) => {
    const w = await world();
    await w.active();
    w.remote.commitAsRival('values.yaml', 'namespaces:\n');
    w.cluster.behave(behaviour);
    const report = await w.check();
    expect(report.findings.map((found) => found.kind)).toEqual(['project_without_entry']);
    expect(report.unreadable).toEqual([{ source: 'argocd', name: 'tenants', reason: expect.stringContaining(reason) }]);
  });

  test('Argo CD that reports an older commit', async () => {
    const w = await world();
    const project = await w.active();
    w.cluster.behave({ stale: true, missing: [project.namespace_name] });
    await w.argocd.getApplication('tenants');
    w.remote.commitAsRival('values.yaml', `${w.remote.show()}# newer\n`);
    const report = await w.check();
    expect(report.findings).toEqual([]);
    expect(report.unreadable).toMatchObject([{ source: 'argocd', reason: expect.stringContaining('newest commit') }]);
  });

  test('a mend of what could not be read is refused with the reason', async () => {
    const w = await world();
    const project = await w.active();
    w.cluster.behave({ status: 500 });
    const asked = w.drift.mend(w.admin, { kind: 'namespace_missing', namespace_name: project.namespace_name });
    await expect(asked).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringMatching(/nothing to mend. tenants could not be read: .*500/),
    });
  });
});

test('after a restore from an older backup every later entry is told, and nothing is deleted by itself', async () => {
  const w = await world();
  const kept = await w.active();
  const later = [await w.active(), await w.active()];
  for (const { id } of later) {
    await w.db.execute(sql`delete from projects where id = ${id}`);
  }
  await w.db.execute(sql`update team_quota_allocations set cpu_used = 2, ram_gb_used = 4`);
  const [text, head] = [w.remote.show(), w.remote.head()];
  const { findings } = await w.check();
  const entries = findings.filter((found) => found.kind === 'entry_without_project');
  expect(entries.map((found) => found.namespace_name).sort()).toEqual(later.map((p) => p.namespace_name).sort());
  for (let hour = 0; hour < 3; hour++) {
    await w.runCheck();
    await w.runMend();
  }
  expect(w.remote.head()).toBe(head);
  expect(w.remote.show()).toBe(text);
  expect(w.cluster.namespaces()).toEqual([kept, ...later].map((p) => p.namespace_name).sort());
});

test('after a restore of an older values file every lost entry is told', async () => {
  const w = await world();
  const text = w.remote.show();
  await w.active();
  await w.active();
  w.remote.commitAsRival('values.yaml', text);
  expect(await kindsOf(w)).toEqual(['project_without_entry', 'project_without_entry']);
});

describe('with {site}', () => {
  const sites = { HELM_VALUES_PATH: 'sites/{site}.yaml', ARGOCD_APP_NAME: 'tenants-{site}' };

  test('each site is compared with its own file and application, and one that is unusable hides no other', async () => {
    const w = await world(sites);
    await newTeamQuota(w.db, w.team.id, { cpu: 100, ramGb: 100 }, 'eilat');
    const [north, south] = [await w.create(), await w.create({ site: 'eilat' })];
    await w.write();
    for (const application of ['tenants-haifa', 'tenants-eilat']) {
      await w.watch(application);
      for (let step = 0; step < 2; step++) {
        w.pass();
        await w.watch(application);
      }
    }
    expect(await w.check()).toMatchObject(NOTHING);
    w.remote.commitAsRival('sites/haifa.yaml', 'namespaces: [\n');
    w.remote.commitAsRival('sites/eilat.yaml', 'namespaces:\n');
    const { findings, unreadable } = await w.check();
    expect(findings).toMatchObject([
      {
        kind: 'project_without_entry',
        project_id: south.id,
        site: 'eilat',
        values_file: 'sites/eilat.yaml',
        application: 'tenants-eilat',
      },
    ]);
    expect(unreadable.map(({ source, name }) => `${source} ${name}`)).toEqual([
      'values_file sites/haifa.yaml',
      'argocd tenants-haifa',
    ]);
    expect(await w.get(north.id)).toMatchObject({ status: 'active' });
  });

  test('an entry in the file of another site is one too many there', async () => {
    const w = await world(sites);
    await newTeamQuota(w.db, w.team.id, { cpu: 100, ramGb: 100 }, 'eilat');
    const project = await w.create({ name: 'api' });
    await w.write();
    await w.watch('tenants-haifa');
    for (let step = 0; step < 2; step++) {
      w.pass();
      await w.watch('tenants-haifa');
    }
    w.remote.commitAsRival('sites/eilat.yaml', w.remote.show('sites/haifa.yaml'));
    const finding = await w.only('entry_without_project');
    expect(finding).toMatchObject({
      project_id: project.id,
      site: 'eilat',
      application: 'tenants-eilat',
      message: `sites/eilat.yaml has an entry for ${project.namespace_name}, but project api is at site haifa and does not belong in sites/eilat.yaml.`,
    });
    await w.mend(finding.id);
    await w.runMend();
    expect(w.remote.show('sites/eilat.yaml')).not.toContain(project.namespace_name);
    expect(w.remote.show('sites/haifa.yaml')).toContain(project.namespace_name);
  });

  test('a site that never had a project needs no application', async () => {
    const w = await world(sites);
    await newTeamQuota(w.db, w.team.id, { cpu: 100, ramGb: 100 }, 'eilat');
    w.cluster.behave({ status: 404 });
    expect(await w.check()).toMatchObject(NOTHING);
  });
});

test('only center admins may look, check and mend', async () => {
  const w = await world();
  const others = [
    adminOf('field_admin', w.field.id),
    adminOf('dept_admin', w.department.id),
    adminOf('team_lead', w.team.id),
    callerWith(),
  ];
  for (const caller of others) {
    const refused = { code: 'FORBIDDEN' };
    await expect(w.drift.report(caller)).rejects.toMatchObject(refused);
    await expect(w.drift.check(caller)).rejects.toMatchObject(refused);
    await expect(w.drift.mend(caller, { finding_id: 'x' })).rejects.toMatchObject(refused);
  }
  expect(await w.report()).toMatchObject({ checked_at: null });
});

test('at the REST door', async () => {
  const w = await world();
  const app = await startApp(w.database, { admin: w.admin, lead: w.lead });
  const ask = async (method: string, path: string, body?: unknown, token = 'admin') => {
    const response = await fetch(`${app.url}/api/v1/admin/drift${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  try {
    expect(await ask('GET', '')).toMatchObject({ status: 200, body: { checked_at: null, total: 0 } });
    expect(await ask('POST', '/check')).toMatchObject({
      status: 200,
      body: { unreadable: [{ source: 'git' }, { source: 'argocd' }] },
    });
    const refusal = (code: string) => ({ body: { error: { code } } });
    expect(await ask('POST', '/mend', { finding_id: 'x' })).toMatchObject({ status: 409, ...refusal('INVALID_STATE') });
    for (const bad of [
      {},
      { kind: 'entry_differs' },
      { finding_id: 'x', kind: 'entry_differs', namespace_name: 'y' },
    ]) {
      expect(await ask('POST', '/mend', bad)).toMatchObject({ status: 400, ...refusal('VALIDATION_FAILED') });
    }
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/check'],
      ['POST', '/mend'],
    ] as const) {
      expect(await ask(method, path, method === 'POST' ? {} : undefined, 'lead')).toMatchObject({ status: 403 });
    }
  } finally {
    await app.stop();
  }
});
