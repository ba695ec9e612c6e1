import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, test } from 'vitest';
import { NotFoundError } from '../../server/platform/errors.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newTeam } from '../factories/org.ts';
import {
  activeProject,
  failedProject,
  type ProvisioningWorld,
  provisioningWorld,
  throughTheCluster,
  usageOfTeam,
  using,
} from '../factories/projects.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { outcomesOf } from '../support/outcomes.ts';

const worlds: ProvisioningWorld[] = [];
async function world(): Promise<ProvisioningWorld> {
  const made = await provisioningWorld();
  worlds.push(made);
  return made;
}
afterEach(async () => {
  for (const made of worlds.splice(0)) {
    expect((await made.quotas.verify(centerAdmin(), { repair: false })).mismatches).toEqual([]);
    expect(await brokenInvariants(made.db, made.field.id)).toEqual([]);
    await made.drop();
  }
});

type Sla = 'bronze' | 'silver' | 'gold';
const to = (id: string, sla_type: Sla) => ({ id, sla_type, performance_tier: 'regular' as const });

/** Leaves this much of the team's quota at Haifa free. */
const leaveFree = ({ db, team }: ProvisioningWorld, cpu: number, ramGb: number) =>
  db.execute(sql`update team_quota_allocations set cpu_limit = cpu_used + ${cpu}, ram_gb_limit = ram_gb_used + ${ramGb}
    where team_id = ${team.id}`);

/** How many rows there are of all that an act writes. */
async function rowsOf({ db }: ProvisioningWorld) {
  const { rows } = await db.execute(sql`select
    (select count(*)::int from project_operations) as operations, (select count(*)::int from project_events) as events,
    (select count(*)::int from quota_ledger) as ledger, (select count(*)::int from audit_events) as audit,
    (select json_agg(p) from projects p) as projects`);
  return rows[0];
}

const ACTS = {
  retry: (w: ProvisioningWorld, id: string, caller: Caller = w.lead) => w.projects.retry(caller, id),
  resize: (w: ProvisioningWorld, id: string, caller: Caller = w.lead) => w.projects.resize(caller, to(id, 'gold')),
  decommission: (w: ProvisioningWorld, id: string, caller: Caller = w.lead) => w.projects.decommission(caller, id),
};

test('each act is on record as its caller’s, with what was and what is to be', async () => {
  const w = await world();
  const { id } = await failedProject(w);
  await w.projects.retry(w.lead, id);
  await throughTheCluster(w);
  await w.projects.resize(w.lead, to(id, 'silver'));
  await throughTheCluster(w);
  const admin = centerAdmin();
  await w.projects.decommission(admin, id);
  await throughTheCluster(w);
  const { rows } = await w.db.execute(sql`
    select actor, action, before, after from audit_events where target_id = ${id} and action like 'project.%' order by at`);
  const bySystem = (before: string, after: string) => ({
    actor: 'system:provisioning',
    action: 'project.change_status',
    before: { status: before },
    after: expect.objectContaining({ status: after }),
  });
  expect(rows.slice(3)).toMatchObject([
    {
      actor: w.lead.sub,
      action: 'project.retry',
      before: { status: 'failed' },
      after: { status: 'provisioning', cpu: 2, ram_gb: 4 },
    },
    bySystem('provisioning', 'active'),
    {
      actor: w.lead.sub,
      action: 'project.resize',
      before: { status: 'active', sla_type: 'bronze', performance_tier: 'regular', cpu: 2, ram_gb: 4 },
      after: { status: 'updating', sla_type: 'silver', performance_tier: 'regular', cpu: 4, ram_gb: 16 },
    },
    bySystem('updating', 'active'),
    {
      actor: admin.sub,
      action: 'project.decommission',
      before: { status: 'active', sla_type: 'silver', cpu: 4 },
      after: { status: 'decommissioning' },
    },
    bySystem('decommissioning', 'decommissioned'),
  ]);
});

/** A project in each state, and the acts that are refused there. */
const REFUSED = {
  provisioning: [async (w: ProvisioningWorld) => (await w.create()).id, ['retry', 'resize', 'decommission']],
  active: [async (w: ProvisioningWorld) => (await activeProject(w)).id, ['retry']],
  updating: [
    async (w: ProvisioningWorld) => (await w.projects.resize(w.lead, to((await activeProject(w)).id, 'silver'))).id,
    ['retry', 'resize', 'decommission'],
  ],
  rolling_back: [
    async (w: ProvisioningWorld) => {
      const { id, namespace_name } = await w.create();
      w.cluster.behave({ degraded: [namespace_name] });
      await throughTheCluster(w);
      return id;
    },
    ['retry', 'resize', 'decommission'],
  ],
  failed: [async (w: ProvisioningWorld) => (await failedProject(w)).id, ['resize']],
  decommissioning: [
    async (w: ProvisioningWorld) => (await w.projects.decommission(w.lead, (await activeProject(w)).id)).id,
    ['retry', 'resize', 'decommission'],
  ],
  decommissioned: [
    async (w: ProvisioningWorld) => (await w.projects.decommission(w.lead, (await failedProject(w)).id)).id,
    ['retry', 'resize', 'decommission'],
  ],
} as const;

test.each(Object.entries(REFUSED))(
  'what a project that is %s cannot do is refused, and changes nothing',
  async (status, [begin, acts]) => {
    const w = await world();
    const id = await begin(w);
    expect(await w.get(id)).toMatchObject({ status });
    const before = await rowsOf(w);
    for (const act of acts) {
      await expect(ACTS[act](w, id)).rejects.toMatchObject({ code: 'INVALID_STATE', details: { status } });
    }
    expect(await rowsOf(w)).toEqual(before);
  },
);

describe('what the quota has no room for', () => {
  test('a retry is refused, and the project stays failed', async () => {
    const w = await world();
    const { id } = await failedProject(w);
    await leaveFree(w, 1, 100);
    const before = await rowsOf(w);
    await expect(w.projects.retry(w.lead, id)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { resource: 'cpu', requested: 2, free: 1 },
    });
    expect(await rowsOf(w)).toEqual(before);
  });

  test('a resize is refused as its plan says, and the project stays as it is', async () => {
    const w = await world();
    const { id } = await activeProject(w);
    await leaveFree(w, 6, 27);
    const before = await rowsOf(w);
    const plan = await w.projects.planResize(w.lead, to(id, 'gold'));
    expect(plan).toMatchObject({
      allowed: false,
      quota: { cpu: { free_after: 0 }, ram_gb: { free_after: -1 } },
      refusal: { code: 'QUOTA_EXCEEDED' },
    });
    await expect(w.projects.resize(w.lead, to(id, 'gold'))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: plan.refusal?.message,
      details: { resource: 'ram_gb', requested: 28, free: 27 },
    });
    expect(await rowsOf(w)).toEqual(before);
  });

  test('a smaller size and a decommission always fit', async () => {
    const w = await world();
    const [one, other] = [await w.create({ sla_type: 'gold' }), await w.create({ sla_type: 'gold' })];
    await throughTheCluster(w);
    await leaveFree(w, 0, 0);
    await w.projects.resize(w.lead, to(one.id, 'bronze'));
    await w.projects.decommission(w.lead, other.id);
    await throughTheCluster(w);
    expect(await usageOfTeam(w)).toEqual(using(2, 4));
  });
});

test('a plan of a resize says what it is, what it will be, and what the quota will be then; it changes nothing', async () => {
  const w = await world();
  const { id } = await activeProject(w);
  const before = await rowsOf(w);
  expect(await w.projects.planResize(w.lead, { id, sla_type: 'silver', performance_tier: 'high_performance' })).toEqual(
    {
      before: { sla_type: 'bronze', performance_tier: 'regular', cpu: 2, ram_gb: 4 },
      after: { sla_type: 'silver', performance_tier: 'high_performance', cpu: 8, ram_gb: 32 },
      quota: {
        cpu: { limit: 1000, used_before: 2, used_after: 8, free_after: 992 },
        ram_gb: { limit: 4000, used_before: 4, used_after: 32, free_after: 3968 },
      },
      allowed: true,
      refusal: null,
    },
  );
  expect(await rowsOf(w)).toEqual(before);
});

test.each([
  ['its own size', 'bronze' as const],
  ['any, while it is being resized', 'gold' as const],
])('a plan refuses %s as the resize does', async (_, sla) => {
  const w = await world();
  const { id } = await activeProject(w);
  if (sla === 'gold') await w.projects.resize(w.lead, to(id, 'silver'));
  const { allowed, refusal } = await w.projects.planResize(w.lead, to(id, sla));
  expect(allowed).toBe(false);
  await expect(w.projects.resize(w.lead, to(id, sla))).rejects.toMatchObject({
    code: 'INVALID_STATE',
    message: refusal?.message,
  });
});

test('only the team’s lead acts on its projects; a center admin may decommission them, and nothing else', async () => {
  const w = await world();
  const { id } = await activeProject(w);
  const elsewhere = await newTeam(w.db);
  const others = [
    adminOf('team_lead', elsewhere.id),
    adminOf('dept_admin', w.department.id),
    adminOf('field_admin', w.field.id),
  ];
  for (const caller of others) {
    for (const act of Object.values(ACTS)) {
      await expect(act(w, id, caller)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  }
  const admin = centerAdmin();
  await expect(ACTS.retry(w, id, admin)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(ACTS.resize(w, id, admin)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(w.projects.planResize(admin, to(id, 'gold'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  for (const act of Object.values(ACTS)) await expect(act(w, randomUUID())).rejects.toBeInstanceOf(NotFoundError);
  expect(await ACTS.decommission(w, id, admin)).toMatchObject({ status: 'decommissioning' });
});

describe('many acts on one project at once', () => {
  test('on an active one: one resize or decommission wins, and the others are told of it', async () => {
    const w = await world();
    const { id } = await activeProject(w);
    const attempts = Array.from({ length: 8 }, () => [
      ACTS.resize(w, id),
      ACTS.decommission(w, id),
      w.projects.resize(w.lead, to(id, 'silver')),
      ACTS.retry(w, id),
    ]).flat();
    const outcomes = await outcomesOf(attempts);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'INVALID_STATE')).toHaveLength(31);
    await throughTheCluster(w);
    await throughTheCluster(w);
    expect(await w.get(id)).toMatchObject({ status: expect.stringMatching(/^(active|decommissioned)$/) });
  });

  test('on a quota with room for one resize: it wins, and the losers hear of the state, not of the quota', async () => {
    const w = await world();
    const { id } = await activeProject(w);
    await leaveFree(w, 6, 28);
    const outcomes = await outcomesOf(Array.from({ length: 16 }, () => ACTS.resize(w, id)));
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 15 }, () => 'INVALID_STATE'), 'done']);
    expect(await usageOfTeam(w)).toEqual(using(8, 32));
  });

  test('on a failed one: one retry or decommission wins', async () => {
    const w = await world();
    const { id } = await failedProject(w);
    const attempts = Array.from({ length: 8 }, () => [ACTS.retry(w, id), ACTS.decommission(w, id)]).flat();
    const outcomes = await outcomesOf(attempts);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'INVALID_STATE')).toHaveLength(15);
  });
});

test('retries of many failed projects share what quota there is, to the last core', async () => {
  const w = await world();
  const failed = await Promise.all(Array.from({ length: 6 }, () => w.create()));
  w.cluster.behave({ degraded: failed.map((project) => project.namespace_name) });
  await throughTheCluster(w);
  await throughTheCluster(w);
  await leaveFree(w, 9, 100);
  const outcomes = await outcomesOf(failed.map(({ id }) => ACTS.retry(w, id)));
  expect(outcomes.toSorted()).toEqual(['QUOTA_EXCEEDED', 'QUOTA_EXCEEDED', 'done', 'done', 'done', 'done']);
  expect(await usageOfTeam(w)).toEqual(using(8, 16));
});

describe('an idempotency key', () => {
  test.each([
    ['retry', failedProject, (w: ProvisioningWorld, id: string, key: string) => w.projects.retry(w.lead, id, key)],
    [
      'resize',
      activeProject,
      (w: ProvisioningWorld, id: string, key: string) => w.projects.resize(w.lead, to(id, 'gold'), key),
    ],
    [
      'decommission',
      activeProject,
      (w: ProvisioningWorld, id: string, key: string) => w.projects.decommission(w.lead, id, key),
    ],
  ] as const)(
    'makes a %s happen once, and answers the same to all who ask with it, also later',
    async (_, begin, act) => {
      const w = await world();
      const { id } = await begin(w);
      const key = randomUUID();
      const answers = await Promise.all(Array.from({ length: 20 }, () => act(w, id, key)));
      expect(answers).toEqual(answers.map(() => answers[0]));
      await throughTheCluster(w);
      expect(await act(w, id, key)).toEqual(answers[0]);
      const other = await activeProject(w);
      await expect(act(w, other.id, key)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    },
  );

  test('of a refused act is not used up', async () => {
    const w = await world();
    const { id } = await w.create();
    const key = randomUUID();
    await expect(w.projects.resize(w.lead, to(id, 'gold'), key)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await throughTheCluster(w);
    expect(await w.projects.resize(w.lead, to(id, 'gold'), key)).toMatchObject({ status: 'updating' });
  });
});
