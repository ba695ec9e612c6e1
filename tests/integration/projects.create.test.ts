import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { projects as projectsTable } from '../../db/schema/index.ts';
import { ForbiddenError, NotFoundError } from '../../server/platform/errors.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newTeam } from '../factories/org.ts';
import { newProject, type ProjectsRoom, projectsRoom, usageOfTeam, using } from '../factories/projects.ts';
import { newTeamQuota } from '../factories/quotas.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { outcomesOf } from '../support/outcomes.ts';

const rooms: ProjectsRoom[] = [];
async function room(...args: Parameters<typeof projectsRoom>): Promise<ProjectsRoom> {
  const made = await projectsRoom(...args);
  rooms.push(made);
  return made;
}
afterEach(() => Promise.all(rooms.splice(0).map((made) => made.drop())));

const TABLES = [
  'projects',
  'project_operations',
  'project_events',
  'quota_ledger',
  'audit_events',
  'idempotency_keys',
  'graphile_worker._private_jobs',
];

async function rowsOf({ db }: ProjectsRoom): Promise<Record<string, unknown>> {
  const counts = TABLES.map((table) => `(select count(*)::int from ${table}) as "${table}"`);
  const { rows } = await db.execute(sql.raw(`select ${counts.join(', ')}`));
  return rows[0] ?? {};
}

test('a project is there with all that belongs to it, and nothing outside was touched', async () => {
  const { projects, lead, team, ...rest } = await room();
  const input = newProject(team.id, { name: 'vision-api', sla_type: 'gold', performance_tier: 'high_performance' });
  const project = await projects.create(lead, input, randomUUID());
  expect(project).toMatchObject({
    namespace_name: `${team.id}-vision-api`,
    team_name: team.name,
    cpu: 16,
    ram_gb: 64,
    status: 'provisioning',
    status_reason: null,
    commit_sha: null,
    argocd_url: 'https://argo/haifa',
    created_by: lead.sub,
  });
  expect(await projects.get(lead, project.id)).toEqual(project);
  expect((await projects.timeline(lead, project.id)).items).toMatchObject([
    { kind: 'reserved', details: { cpu: 16, ram_gb: 64 } },
  ]);
  expect(await usageOfTeam({ ...rest, team })).toEqual(using(16, 64));
  expect(Object.values(await rowsOf({ projects, lead, team, ...rest }))).toEqual(TABLES.map(() => 1));
});

test('when the last step fails nothing of it remains', async () => {
  const made = await room(undefined, () => {
    throw new Error('killed');
  });
  await expect(made.projects.create(made.lead, newProject(made.team.id), randomUUID())).rejects.toThrow('killed');
  expect(Object.values(await rowsOf(made))).toEqual(TABLES.map(() => 0));
  expect(await usageOfTeam(made)).toEqual(using(0, 0));
});

test('of 64 creates at once on a quota with room for 10, 10 succeed and 54 are refused', async () => {
  const made = await room({ cpu: 20, ramGb: 40 });
  const attempts = Array.from({ length: 64 }, () => made.projects.create(made.lead, newProject(made.team.id)));
  const outcomes = await outcomesOf(attempts);
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(10);
  expect(outcomes.filter((outcome) => outcome === 'QUOTA_EXCEEDED')).toHaveLength(54);
  expect(await usageOfTeam(made)).toEqual(using(20, 40));
  expect(await brokenInvariants(made.db, made.field.id)).toEqual([]);
});

test('the same idempotency key a hundred times at once makes one project and one answer', async () => {
  const made = await room();
  const [input, key] = [newProject(made.team.id), randomUUID()];
  const answers = await Promise.all(Array.from({ length: 100 }, () => made.projects.create(made.lead, input, key)));
  expect(answers).toEqual(answers.map(() => answers[0]));
  expect(await made.db.$count(projectsTable)).toBe(1);
  await expect(made.projects.create(made.lead, { ...input, name: 'other' }, key)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
});

test('a name is taken once in a team, and free in another', async () => {
  const made = await room();
  const input = newProject(made.team.id, { name: 'api' });
  const outcomes = await outcomesOf(Array.from({ length: 5 }, () => made.projects.create(made.lead, input)));
  expect(outcomes.toSorted()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT', 'done']);
  expect(await usageOfTeam(made)).toEqual(using(2, 4));

  const other = await newTeam(made.db, { departmentId: made.department.id });
  await newTeamQuota(made.db, other.id, { cpu: 2, ramGb: 4 });
  const theirs = await made.projects.create(adminOf('team_lead', other.id), { ...input, team_id: other.id });
  expect(theirs.namespace_name).toBe(`${other.id}-api`);
});

test('only the team’s own lead creates, and nobody else learns more than that', async () => {
  const made = await room();
  const other = await newTeam(made.db);
  const input = newProject(made.team.id);
  const others = [
    adminOf('team_lead', other.id),
    adminOf('dept_admin', made.department.id),
    adminOf('field_admin', made.field.id),
    centerAdmin(),
  ];
  for (const caller of others) {
    await expect(made.projects.create(caller, input)).rejects.toBeInstanceOf(ForbiddenError);
    await expect(made.projects.plan(caller, input)).rejects.toBeInstanceOf(ForbiddenError);
  }
  await expect(made.projects.create(made.lead, newProject(randomUUID()))).rejects.toBeInstanceOf(NotFoundError);
});

test('a team without a quota at the site is refused', async () => {
  const { projects, lead, team } = await room();
  const input = newProject(team.id, { site: 'eilat' });
  await expect(projects.create(lead, input)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  expect(await projects.plan(lead, input)).toMatchObject({ allowed: false, refusal: { code: 'QUOTA_EXCEEDED' } });
});

test('plan says what create then does, and changes nothing', async () => {
  const made = await room({ cpu: 5, ramGb: 100 });
  const { projects, lead, team } = made;
  const input = newProject(team.id, { name: 'api' });
  const before = await rowsOf(made);
  const planned = await projects.plan(lead, input);
  expect(await rowsOf(made)).toEqual(before);
  expect(planned).toEqual({
    namespace_name: `${team.id}-api`,
    cost: { cpu: 2, ram_gb: 4 },
    quota: {
      cpu: { limit: 5, used_before: 0, used_after: 2, free_after: 3 },
      ram_gb: { limit: 100, used_before: 0, used_after: 4, free_after: 96 },
    },
    allowed: true,
    refusal: null,
  });
  expect(await projects.create(lead, input)).toMatchObject({
    namespace_name: planned.namespace_name,
    cpu: 2,
    ram_gb: 4,
  });
  expect(await usageOfTeam(made)).toEqual(using(2, 4));
});

test.each([
  ['the name is taken', {}, 'CONFLICT'],
  ['the quota is short', { name: 'web', sla_type: 'gold' }, 'QUOTA_EXCEEDED'],
  ['both', { sla_type: 'gold' }, 'QUOTA_EXCEEDED'],
] as const)('plan refuses as create does when %s', async (_, over, code) => {
  const { projects, lead, team } = await room({ cpu: 5, ramGb: 100 });
  await projects.create(lead, newProject(team.id, { name: 'api' }));
  const input = newProject(team.id, { name: 'api', ...over });
  const refusal = await projects.create(lead, input).catch((error: unknown) => error);
  const plan = await projects.plan(lead, input);
  expect(plan).toMatchObject({ allowed: false, refusal: { code } });
  expect(refusal).toMatchObject({ code, message: plan.refusal?.message });
});
