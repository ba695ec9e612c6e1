import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditEvents, centers, teams } from '../../db/schema/index.ts';
import { createOrgService } from '../../server/org/org.service.ts';
import { adminOf, callerWith, centerAdmin } from '../factories/caller.ts';
import { newCenter, newDepartment, newField, newTeam } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { outcomesOf } from '../support/outcomes.ts';

let database: TestDatabase;
let org: ReturnType<typeof createOrgService>;
beforeAll(async () => {
  database = await freshDatabase();
  org = createOrgService(database);
});
afterAll(() => database.drop());

const auditOf = (targetId: string) =>
  database.db.select().from(auditEvents).where(eq(auditEvents.targetId, targetId)).orderBy(auditEvents.at);

test('a center admin builds the organisation from the top down and reads it back', async () => {
  const admin = centerAdmin();
  const center = await org.centers.create(admin, { name: 'Built' });
  const field = await org.fields.create(admin, { center_id: center.id, name: 'Vision' });
  const department = await org.departments.create(admin, { field_id: field.id, name: 'Detection' });
  const team = await org.teams.create(admin, { department_id: department.id, name: 'Cats' });

  expect(team).toEqual({
    id: expect.any(String),
    name: 'Cats',
    department_id: department.id,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
  expect(await org.centers.get(admin, center.id)).toEqual(center);
  expect(await org.fields.get(admin, field.id)).toEqual(field);
  expect(await org.departments.get(admin, department.id)).toEqual(department);
  expect(await org.teams.get(admin, team.id)).toEqual(team);
});

test('every change is in the audit log of its place, with before and after', async () => {
  const field = await newField(database.db);
  const department = await newDepartment(database.db, { fieldId: field.id });
  const admin = adminOf('field_admin', field.id);
  const team = await org.teams.create(admin, { department_id: department.id, name: 'Cats' });
  await org.teams.rename(admin, { id: team.id, name: 'Dogs' });
  await org.teams.delete(admin, team.id);

  const place = { fieldId: field.id, departmentId: department.id, teamId: team.id };
  const by = { actor: admin.sub, requestId: admin.requestId, targetType: 'team', ...place };
  expect(await auditOf(team.id)).toMatchObject([
    { ...by, action: 'team.create', targetName: 'Cats', before: null, after: team },
    { ...by, action: 'team.rename', targetName: 'Dogs', before: { name: 'Cats' }, after: { name: 'Dogs' } },
    { ...by, action: 'team.delete', targetName: 'Dogs', before: { ...team, name: 'Dogs' }, after: null },
  ]);
});

test('a refused change leaves no trace', async () => {
  const department = await newDepartment(database.db, { name: 'Refused' });
  await expect(
    org.departments.rename(adminOf('dept_admin', department.id), { id: department.id, name: 'Mine' }),
  ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await org.departments.get(centerAdmin(), department.id)).toMatchObject({ name: 'Refused' });
  expect(await auditOf(department.id)).toEqual([]);
});

test('a second node of the same name under one parent is a conflict that names it', async () => {
  const department = await newDepartment(database.db);
  await newTeam(database.db, { departmentId: department.id, name: 'Cats' });
  await expect(org.teams.create(centerAdmin(), { department_id: department.id, name: 'Cats' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'This department already has a team named “Cats”.',
    details: { name: 'Cats' },
  });
});

test('the same name is fine under another parent', async () => {
  await newTeam(database.db, { name: 'Twins' });
  const department = await newDepartment(database.db);
  await expect(org.teams.create(centerAdmin(), { department_id: department.id, name: 'Twins' })).resolves.toMatchObject(
    { name: 'Twins' },
  );
});

test('a center’s name is its own in the whole organisation', async () => {
  await newCenter(database.db, { name: 'Only one' });
  await expect(org.centers.create(centerAdmin(), { name: 'Only one' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'There is already a center named “Only one”.',
  });
});

test('renaming to a sibling’s name is a conflict', async () => {
  const field = await newField(database.db);
  await newDepartment(database.db, { fieldId: field.id, name: 'Taken' });
  const other = await newDepartment(database.db, { fieldId: field.id });
  await expect(org.departments.rename(centerAdmin(), { id: other.id, name: 'Taken' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'This field already has a department named “Taken”.',
  });
});

test('what does not exist is not found, as a parent and as a node', async () => {
  const nowhere = randomUUID();
  const admin = centerAdmin();
  const attempts = [
    org.fields.create(admin, { center_id: nowhere, name: 'x' }),
    org.departments.create(admin, { field_id: nowhere, name: 'x' }),
    org.teams.create(admin, { department_id: nowhere, name: 'x' }),
    org.centers.get(admin, nowhere),
    org.teams.get(admin, nowhere),
    org.fields.rename(admin, { id: nowhere, name: 'x' }),
    org.centers.delete(admin, nowhere),
    org.teams.delete(admin, nowhere),
  ];
  expect(await outcomesOf(attempts)).toEqual(attempts.map(() => 'NOT_FOUND'));
});

test('a list goes through all its pages in order, each node once', async () => {
  const department = await newDepartment(database.db);
  const names = Array.from({ length: 7 }, (_, i) => `page-${i}`);
  for (const name of [...names].reverse()) await newTeam(database.db, { departmentId: department.id, name });

  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await org.teams.list(centerAdmin(), { department_id: department.id, limit: 3, cursor });
    seen.push(...page.items.map((team) => team.name));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual(names);

  const last = await org.teams.list(centerAdmin(), { department_id: department.id, limit: 2, direction: 'desc' });
  expect(last.items.map((team) => team.name)).toEqual(['page-6', 'page-5']);
});

const cursorOf = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');

test('a cursor keeps its form, so that replicas of two versions understand each other’s during an update', async () => {
  const department = await newDepartment(database.db);
  const first = await newTeam(database.db, { departmentId: department.id, name: 'a' });
  const second = await newTeam(database.db, { departmentId: department.id, name: 'b' });
  const ask = { department_id: department.id, limit: 1 };
  const cursor = cursorOf(['name', 'asc', 'a', first.id]);
  expect((await org.teams.list(centerAdmin(), ask)).next_cursor).toBe(cursor);
  expect((await org.teams.list(centerAdmin(), { ...ask, cursor })).items).toMatchObject([{ id: second.id }]);
});

test('a cursor that somebody made up is refused', async () => {
  for (const cursor of [
    'nonsense',
    cursorOf(['at', 'asc', 'x', randomUUID()]),
    cursorOf(['name', 'asc', 'a\u0000', randomUUID()]),
  ]) {
    await expect(org.teams.list(centerAdmin(), { limit: 1, cursor })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  }
});

test('a search takes wildcards and quotes for what they are, and upper for lower case', async () => {
  const field = await newField(database.db);
  for (const name of ['50% more', '50 more', 'a_b', 'axb', "O'Brien", 'back\\slash']) {
    await newDepartment(database.db, { fieldId: field.id, name });
  }
  const found = async (text: string) => {
    const { items } = await org.departments.list(centerAdmin(), { field_id: field.id, text, limit: 50 });
    return items.map((department) => department.name);
  };
  expect(await found('%')).toEqual(['50% more']);
  expect(await found('_')).toEqual(['a_b']);
  expect(await found("o'b")).toEqual(["O'Brien"]);
  expect(await found('\\')).toEqual(['back\\slash']);
  expect(await found("' or true --")).toEqual([]);
});

test('fifty creates at once with one idempotency key make one center and all answer it', async () => {
  const admin = centerAdmin();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => org.centers.create(admin, { name: 'Once' }, 'key-1')),
  );
  const rows = await database.db.select().from(centers).where(eq(centers.name, 'Once'));
  expect(rows).toHaveLength(1);
  expect(new Set(answers.map((center) => center.id))).toEqual(new Set([rows[0]?.id]));
  expect(await auditOf(answers[0]?.id ?? '')).toHaveLength(1);
});

test('the same key with another input is a conflict, and for another person it is another key', async () => {
  const admin = centerAdmin();
  await org.centers.create(admin, { name: 'Keyed' }, 'key-2');
  await expect(org.centers.create(admin, { name: 'Keyed too' }, 'key-2')).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
  const colleague = { ...centerAdmin(), sub: 'a-colleague' };
  await expect(org.centers.create(colleague, { name: 'Keyed by another' }, 'key-2')).resolves.toMatchObject({
    name: 'Keyed by another',
  });
});

test('a key does not open what the caller may not do any more', async () => {
  const department = await newDepartment(database.db);
  const input = { department_id: department.id, name: 'Keyed' };
  await org.teams.create(adminOf('dept_admin', department.id), input, 'key-3');
  const removed = callerWith({ role: 'dept_admin', scope_id: randomUUID() });
  await expect(org.teams.create(removed, input, 'key-3')).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('of twenty creates of one name at once, one wins and the others are told of it', async () => {
  const department = await newDepartment(database.db);
  const input = { department_id: department.id, name: 'Contested' };
  const outcomes = await outcomesOf(Array.from({ length: 20 }, () => org.teams.create(centerAdmin(), input)));
  expect(outcomes.sort()).toEqual([...Array.from({ length: 19 }, () => 'CONFLICT'), 'done']);
  expect(await database.db.$count(teams, eq(teams.departmentId, department.id))).toBe(1);
});
