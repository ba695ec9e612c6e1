import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOrgService } from '../../server/org/org.service.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { adminOf, callerWith, centerAdmin } from '../factories/caller.ts';
import { newCenter, newDepartment, newField, newTeam } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { outcomesOf } from '../support/outcomes.ts';

/** One center with two fields of two departments of two teams each: `f1 f2`, `f1d1` … `f2d2t2`. */
let database: TestDatabase;
let org: ReturnType<typeof createOrgService>;
const ids: Record<string, string> = {};
const idOf = (name: string) => ids[name] ?? '';

beforeAll(async () => {
  database = await freshDatabase();
  org = createOrgService(database);
  const { db } = database;
  const center = await newCenter(db, { name: 'c' });
  ids.c = center.id;
  for (const f of ['f1', 'f2']) {
    const field = await newField(db, { name: f, centerId: center.id });
    ids[f] = field.id;
    for (const d of ['d1', 'd2']) {
      const department = await newDepartment(db, { name: f + d, fieldId: field.id });
      ids[f + d] = department.id;
      for (const t of ['t1', 't2']) {
        const team = await newTeam(db, { name: f + d + t, departmentId: department.id });
        ids[f + d + t] = team.id;
      }
    }
  }
});
afterAll(() => database.drop());

const seenBy = async (caller: Caller) => {
  const page = { limit: 200 };
  const lists = await Promise.all([
    org.centers.list(caller, page),
    org.fields.list(caller, page),
    org.departments.list(caller, page),
    org.teams.list(caller, page),
  ]);
  return lists.map(({ items }) => items.map((node) => node.name).join(' '));
};

test('a center admin sees everything', async () => {
  expect(await seenBy(centerAdmin())).toEqual([
    'c',
    'f1 f2',
    'f1d1 f1d2 f2d1 f2d2',
    'f1d1t1 f1d1t2 f1d2t1 f1d2t2 f2d1t1 f2d1t2 f2d2t1 f2d2t2',
  ]);
});

test('a field admin sees its field and what lies below', async () => {
  expect(await seenBy(adminOf('field_admin', idOf('f1')))).toEqual([
    '',
    'f1',
    'f1d1 f1d2',
    'f1d1t1 f1d1t2 f1d2t1 f1d2t2',
  ]);
});

test('a department admin sees its department and its teams', async () => {
  expect(await seenBy(adminOf('dept_admin', idOf('f1d2')))).toEqual(['', '', 'f1d2', 'f1d2t1 f1d2t2']);
});

test('a team lead sees its team', async () => {
  expect(await seenBy(adminOf('team_lead', idOf('f2d1t1')))).toEqual(['', '', '', 'f2d1t1']);
});

test('several grants add up and never widen each other', async () => {
  const caller = callerWith(
    { role: 'dept_admin', scope_id: idOf('f1d1') },
    { role: 'team_lead', scope_id: idOf('f2d2t2') },
  );
  expect(await seenBy(caller)).toEqual(['', '', 'f1d1', 'f1d1t1 f1d1t2 f2d2t2']);
});

test('a grant on an id of another level covers nothing', async () => {
  expect(await seenBy(adminOf('field_admin', idOf('f1d1')))).toEqual(['', '', '', '']);
  expect(await seenBy(adminOf('team_lead', idOf('f1')))).toEqual(['', '', '', '']);
});

test('somebody without a grant sees nothing', async () => {
  expect(await seenBy(callerWith())).toEqual(['', '', '', '']);
});

test('a filter by a parent out of scope finds nothing', async () => {
  const caller = adminOf('field_admin', idOf('f1'));
  expect(await org.departments.list(caller, { field_id: idOf('f2'), limit: 50 })).toEqual({
    items: [],
    next_cursor: null,
  });
});

test('what is out of scope is forbidden when it is named by id', async () => {
  const admin = adminOf('field_admin', idOf('f1'));
  await expect(org.fields.get(admin, idOf('f1'))).resolves.toMatchObject({ name: 'f1' });
  await expect(org.teams.get(admin, idOf('f1d2t1'))).resolves.toMatchObject({ name: 'f1d2t1' });
  const lead = adminOf('team_lead', idOf('f1d1t1'));
  const attempts = [
    org.centers.get(admin, idOf('c')),
    org.fields.get(admin, idOf('f2')),
    org.departments.get(admin, idOf('f2d1')),
    org.teams.get(admin, idOf('f2d1t1')),
    org.teams.get(lead, idOf('f1d1t2')),
    org.departments.get(lead, idOf('f1d1')),
  ];
  expect(await outcomesOf(attempts)).toEqual(attempts.map(() => 'FORBIDDEN'));
});

test('each role changes only what the table of roles gives it', async () => {
  const name = 'not mine';
  const fieldAdmin = adminOf('field_admin', idOf('f1'));
  const deptAdmin = adminOf('dept_admin', idOf('f1d1'));
  const lead = adminOf('team_lead', idOf('f1d1t1'));
  const attempts = [
    org.centers.create(fieldAdmin, { name }),
    org.fields.create(fieldAdmin, { center_id: idOf('c'), name }),
    org.fields.rename(fieldAdmin, { id: idOf('f1'), name }),
    org.fields.delete(fieldAdmin, idOf('f1')),
    org.departments.create(fieldAdmin, { field_id: idOf('f2'), name }),
    org.departments.delete(fieldAdmin, idOf('f2d1')),
    org.teams.create(fieldAdmin, { department_id: idOf('f2d1'), name }),
    org.departments.create(deptAdmin, { field_id: idOf('f1'), name }),
    org.departments.rename(deptAdmin, { id: idOf('f1d1'), name }),
    org.departments.delete(deptAdmin, idOf('f1d1')),
    org.teams.rename(deptAdmin, { id: idOf('f1d2t1'), name }),
    org.teams.delete(deptAdmin, idOf('f1d2t1')),
    org.teams.create(lead, { department_id: idOf('f1d1'), name }),
    org.teams.rename(lead, { id: idOf('f1d1t1'), name }),
    org.teams.delete(lead, idOf('f1d1t1')),
  ];
  expect(await outcomesOf(attempts)).toEqual(attempts.map(() => 'FORBIDDEN'));
});

test('a department admin creates, renames and deletes teams of its own department', async () => {
  const admin = adminOf('dept_admin', idOf('f2d2'));
  const { id } = await org.teams.create(admin, { department_id: idOf('f2d2'), name: 'short-lived' });
  expect(await org.teams.rename(admin, { id, name: 'renamed' })).toMatchObject({ id, name: 'renamed' });
  await org.teams.delete(admin, id);
  await expect(org.teams.get(admin, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

/** The tree as indented names; a node that is only on the way is in parentheses. */
const treeOf = async (caller: Caller) => {
  const { centers } = await org.tree(caller);
  const line = (depth: number, node: { name: string; in_scope: boolean }) =>
    `${' '.repeat(depth)}${node.in_scope ? node.name : `(${node.name})`}`;
  return centers.flatMap((c) => [
    line(0, c),
    ...c.fields.flatMap((f) => [
      line(1, f),
      ...f.departments.flatMap((d) => [line(2, d), ...d.teams.map((t) => line(3, t))]),
    ]),
  ]);
};

test('the tree shows a field admin its field below the name of its center', async () => {
  expect(await treeOf(adminOf('field_admin', idOf('f2')))).toEqual([
    '(c)',
    ' f2',
    '  f2d1',
    '   f2d1t1',
    '   f2d1t2',
    '  f2d2',
    '   f2d2t1',
    '   f2d2t2',
  ]);
});

test('the tree shows a team lead the way down to its team and no sibling', async () => {
  expect(await treeOf(adminOf('team_lead', idOf('f1d2t1')))).toEqual(['(c)', ' (f1)', '  (f1d2)', '   f1d2t1']);
});

test('the tree joins the parts of several grants', async () => {
  const caller = callerWith(
    { role: 'team_lead', scope_id: idOf('f1d1t2') },
    { role: 'dept_admin', scope_id: idOf('f2d1') },
  );
  expect(await treeOf(caller)).toEqual([
    '(c)',
    ' (f1)',
    '  (f1d1)',
    '   f1d1t2',
    ' (f2)',
    '  f2d1',
    '   f2d1t1',
    '   f2d1t2',
  ]);
});

test('the tree of somebody without a grant is empty', async () => {
  expect(await treeOf(callerWith())).toEqual([]);
});
