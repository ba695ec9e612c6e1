import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projects } from '../../db/schema/index.ts';
import { ForbiddenError, NotFoundError, ValidationError } from '../../server/platform/errors.ts';
import { type ListProjects, listProjects } from '../../server/projects/projects.schema.ts';
import { adminOf, callerWith, centerAdmin } from '../factories/caller.ts';
import { newTeam } from '../factories/org.ts';
import { newProject, type ProjectsRoom, projectsRoom } from '../factories/projects.ts';
import { newTeamQuota } from '../factories/quotas.ts';

let room: ProjectsRoom;
let otherTeam: string;
beforeAll(async () => {
  room = await projectsRoom();
  for (const name of ['alpha', 'beta', 'gamma', 'delta', 'epsilon']) {
    await room.projects.create(room.lead, newProject(room.team.id, { name }));
  }
  const other = await newTeam(room.db);
  otherTeam = other.id;
  await newTeamQuota(room.db, other.id, { cpu: 100, ramGb: 100 });
  await room.projects.create(
    adminOf('team_lead', other.id),
    newProject(other.id, { name: 'theirs', sla_type: 'silver' }),
  );
});
afterAll(() => room.drop());

const ask = (over: Partial<ListProjects> = {}) => listProjects.parse(over);
const namesFor = async (caller = centerAdmin(), over: Partial<ListProjects> = {}) =>
  (await room.projects.list(caller, ask(over))).items.map((project) => project.name);

test('each caller sees the projects of their own part', async () => {
  expect(await namesFor()).toHaveLength(6);
  expect(await namesFor(adminOf('field_admin', room.field.id))).toHaveLength(5);
  expect(await namesFor(adminOf('dept_admin', room.department.id))).toHaveLength(5);
  expect(await namesFor(adminOf('team_lead', otherTeam))).toEqual(['theirs']);
  expect(await namesFor(callerWith())).toEqual([]);
  expect(
    await namesFor(
      callerWith({ role: 'team_lead', scope_id: otherTeam }, { role: 'team_lead', scope_id: room.team.id }),
    ),
  ).toHaveLength(6);
});

test.each([
  [{ sort: 'name' }, ['alpha', 'beta', 'delta', 'epsilon', 'gamma']],
  [{ sort: 'name', direction: 'desc' }, ['gamma', 'epsilon', 'delta', 'beta', 'alpha']],
  [{}, ['epsilon', 'delta', 'gamma', 'beta', 'alpha']],
  [{ sort: 'updated_at', direction: 'asc' }, ['alpha', 'beta', 'gamma', 'delta', 'epsilon']],
] as const)('pages of two in the order %j give every project once', async (order, expected) => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await room.projects.list(room.lead, ask({ ...order, limit: 2, ...(cursor && { cursor }) }));
    seen.push(...page.items.map((project) => project.name));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual(expected);
});

test('filters narrow the list', async () => {
  expect(await namesFor(undefined, { sla_type: 'silver' })).toEqual(['theirs']);
  expect(await namesFor(undefined, { team_id: otherTeam })).toEqual(['theirs']);
  expect(await namesFor(undefined, { department_id: room.department.id })).toHaveLength(5);
  expect(await namesFor(undefined, { field_id: room.field.id, text: 'LPH' })).toEqual(['alpha']);
  expect(await namesFor(undefined, { text: `${otherTeam.slice(0, 13)}` })).toEqual(['theirs']);
  expect(await namesFor(undefined, { text: '%' })).toEqual([]);
  expect(await namesFor(undefined, { status: 'active' })).toEqual([]);
  expect(await namesFor(undefined, { site: 'eilat' })).toEqual([]);
  expect(await namesFor(undefined, { performance_tier: 'high_performance' })).toEqual([]);
});

test('a cursor of another sort is refused', async () => {
  const { next_cursor } = await room.projects.list(room.lead, ask({ sort: 'name', limit: 1 }));
  const mixed = ask({ cursor: next_cursor ?? '' });
  await expect(room.projects.list(room.lead, mixed)).rejects.toBeInstanceOf(ValidationError);
});

test('by id, what is out of scope is forbidden and what is not there is not found', async () => {
  const [theirs] = (await room.projects.list(centerAdmin(), ask({ team_id: otherTeam }))).items;
  const id = theirs?.id ?? '';
  await expect(room.projects.get(room.lead, id)).rejects.toBeInstanceOf(ForbiddenError);
  await expect(room.projects.timeline(room.lead, id)).rejects.toBeInstanceOf(ForbiddenError);
  await expect(room.projects.get(room.lead, randomUUID())).rejects.toBeInstanceOf(NotFoundError);
});

test('those that are decommissioned are listed with all, left out, or alone', async () => {
  const lead = adminOf('team_lead', otherTeam);
  await room.projects.create(lead, newProject(otherTeam, { name: 'gone' }));
  await room.db.update(projects).set({ status: 'decommissioned' }).where(eq(projects.name, 'gone'));
  expect(await namesFor(lead)).toEqual(['gone', 'theirs']);
  expect(await namesFor(lead, { decommissioned: false })).toEqual(['theirs']);
  expect(await namesFor(lead, { decommissioned: true })).toEqual(['gone']);
});
