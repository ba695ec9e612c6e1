import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  departmentQuotaAllocations,
  departments,
  projects,
  quotaLedger,
  teamQuotaAllocations,
  teams,
} from '../../db/schema/index.ts';
import { createOrgService } from '../../server/org/org.service.ts';
import { centerAdmin } from '../factories/caller.ts';
import { newCenter, newDepartment, newField, newServer, newTeam } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { outcomesOf } from '../support/outcomes.ts';

let database: TestDatabase;
let org: ReturnType<typeof createOrgService>;
beforeAll(async () => {
  database = await freshDatabase({ poolSize: 25 });
  org = createOrgService(database);
});
afterAll(() => database.drop());

const newProject = (teamId: string, name: string, status: 'active' | 'failed' | 'decommissioned') =>
  database.db.insert(projects).values({
    teamId,
    name,
    namespaceName: `${teamId}-${name}`,
    site: 'haifa',
    slaType: 'bronze',
    performanceTier: 'regular',
    cpu: 2,
    ramGb: 4,
    status,
    createdBy: 'somebody',
  });

test('a node that holds nothing is deleted, at every level', async () => {
  const center = await newCenter(database.db);
  const field = await newField(database.db, { centerId: center.id });
  const department = await newDepartment(database.db, { fieldId: field.id });
  const team = await newTeam(database.db, { departmentId: department.id });
  await org.teams.delete(centerAdmin(), team.id);
  await org.departments.delete(centerAdmin(), department.id);
  await org.fields.delete(centerAdmin(), field.id);
  await org.centers.delete(centerAdmin(), center.id);
  await expect(org.centers.get(centerAdmin(), center.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a center with fields stays', async () => {
  const center = await newCenter(database.db, { name: 'North' });
  await newField(database.db, { centerId: center.id });
  await expect(org.centers.delete(centerAdmin(), center.id)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'The center “North” still has 1 field. First delete its fields.',
    details: { blockers: [{ what: 'fields', count: 1 }] },
  });
});

test('a field with departments and servers stays, and both are counted', async () => {
  const field = await newField(database.db);
  await newDepartment(database.db, { fieldId: field.id });
  await newDepartment(database.db, { fieldId: field.id });
  for (let i = 0; i < 3; i++) await newServer(database.db, { fieldId: field.id });
  await expect(org.fields.delete(centerAdmin(), field.id)).rejects.toMatchObject({
    code: 'CONFLICT',
    details: {
      blockers: [
        { what: 'departments', count: 2 },
        { what: 'servers', count: 3 },
      ],
    },
  });
});

test('a department with teams and quota stays; a limit on one resource is quota enough', async () => {
  const { id } = await newDepartment(database.db);
  await newTeam(database.db, { departmentId: id });
  await database.db.insert(departmentQuotaAllocations).values([
    { departmentId: id, site: 'haifa', cpuLimit: 8, ramGbLimit: 0 },
    { departmentId: id, site: 'eilat', cpuLimit: 0, ramGbLimit: 1 },
    { departmentId: id, site: 'acre', cpuLimit: 0, ramGbLimit: 0 },
  ]);
  await expect(org.departments.delete(centerAdmin(), id)).rejects.toMatchObject({
    code: 'CONFLICT',
    details: {
      blockers: [
        { what: 'teams', count: 1 },
        { what: 'quotas', count: 2 },
      ],
    },
  });
});

test('quotas of zero go with their node', async () => {
  const department = await newDepartment(database.db);
  const team = await newTeam(database.db, { departmentId: department.id });
  const zero = { site: 'haifa', cpuLimit: 0, ramGbLimit: 0 };
  await database.db.insert(departmentQuotaAllocations).values({ departmentId: department.id, ...zero });
  await database.db.insert(teamQuotaAllocations).values({ teamId: team.id, ...zero });
  await org.teams.delete(centerAdmin(), team.id);
  await org.departments.delete(centerAdmin(), department.id);
  expect(await database.db.$count(teamQuotaAllocations, eq(teamQuotaAllocations.teamId, team.id))).toBe(0);
});

test.each(['active', 'failed'] as const)('a team with a project that is %s stays', async (status) => {
  const team = await newTeam(database.db);
  await newProject(team.id, 'api', status);
  await newProject(team.id, 'old', 'decommissioned');
  await expect(org.teams.delete(centerAdmin(), team.id)).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { blockers: [{ what: 'projects', count: 1 }] },
  });
  expect(await database.db.$count(projects, eq(projects.teamId, team.id))).toBe(2);
});

test('decommissioned projects go with their team, and the ledger stays', async () => {
  const team = await newTeam(database.db);
  await newProject(team.id, 'old', 'decommissioned');
  await database.db
    .insert(quotaLedger)
    .values({ teamQuotaId: team.id, projectId: team.id, operationId: team.id, kind: 'reserve', cpu: 2, ramGb: 4 });
  await org.teams.delete(centerAdmin(), team.id);
  expect(await database.db.$count(projects, eq(projects.teamId, team.id))).toBe(0);
  expect(await database.db.$count(quotaLedger, eq(quotaLedger.teamQuotaId, team.id))).toBe(1);
});

test('a department deleted while twenty teams are created leaves no orphan and no surprise', async () => {
  for (let round = 0; round < 10; round++) {
    const { id } = await newDepartment(database.db);
    const create = (i: number) => org.teams.create(centerAdmin(), { department_id: id, name: `team-${i}` });
    const early = Array.from({ length: round }, (_, i) => create(i));
    const deletion = org.departments.delete(centerAdmin(), id);
    const late = Array.from({ length: 20 - round }, (_, i) => create(round + i));
    const [deleted, ...created] = await outcomesOf([deletion, ...early, ...late]);

    const departmentsLeft = await database.db.$count(departments, eq(departments.id, id));
    const teamsLeft = await database.db.$count(teams, eq(teams.departmentId, id));
    expect(teamsLeft).toBe(created.filter((outcome) => outcome === 'done').length);
    if (deleted === 'done') {
      expect([departmentsLeft, teamsLeft]).toEqual([0, 0]);
      expect(created).toEqual(created.map(() => 'NOT_FOUND'));
    } else {
      expect([deleted, departmentsLeft, teamsLeft]).toEqual(['CONFLICT', 1, 20]);
    }
  }
});

/** What `act` answers if it has to wait for a transaction that ran `statement` and then commits. */
async function meanwhile(statement: string, id: string, act: () => Promise<unknown>): Promise<unknown> {
  const other = await database.pool.connect();
  try {
    await other.query('begin');
    await other.query(statement, [id]);
    const outcome = act().catch((error: unknown) => error);
    await untilSomebodyWaits();
    await other.query('commit');
    return await outcome;
  } finally {
    other.release();
  }
}

async function untilSomebodyWaits(): Promise<void> {
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while ((await database.pool.query(waiting)).rowCount === 0);
}

test('a child that waits for the deletion of its parent is told that the parent is gone', async () => {
  const { id } = await newDepartment(database.db);
  const outcome = await meanwhile('delete from departments where id = $1', id, () =>
    org.teams.create(centerAdmin(), { department_id: id, name: 'late' }),
  );
  expect(outcome).toMatchObject({ code: 'NOT_FOUND', details: { what: 'department', id } });
});

test('a deletion that waits for a new child sees it and stops', async () => {
  const { id } = await newDepartment(database.db);
  const outcome = await meanwhile("insert into teams (department_id, name) values ($1, 'first')", id, () =>
    org.departments.delete(centerAdmin(), id),
  );
  expect(outcome).toMatchObject({ code: 'CONFLICT', details: { blockers: [{ what: 'teams', count: 1 }] } });
});

test('a deletion that waits for a quota to be raised sees it and stops', async () => {
  const { id } = await newTeam(database.db);
  await database.db.insert(teamQuotaAllocations).values({ teamId: id, site: 'haifa', cpuLimit: 0, ramGbLimit: 0 });
  const outcome = await meanwhile('update team_quota_allocations set cpu_limit = 8 where team_id = $1', id, () =>
    org.teams.delete(centerAdmin(), id),
  );
  expect(outcome).toMatchObject({ code: 'CONFLICT', details: { blockers: [{ what: 'quotas', count: 1 }] } });
});

test('a deletion that waits for a quota to be granted for the first time sees it and stops', async () => {
  const { id } = await newDepartment(database.db);
  const grant = `insert into department_quota_allocations (department_id, site, cpu_limit, ram_gb_limit)
    values ($1, 'haifa', 8, 8)`;
  const outcome = await meanwhile(grant, id, () => org.departments.delete(centerAdmin(), id));
  expect(outcome).toMatchObject({ code: 'CONFLICT', details: { blockers: [{ what: 'quotas', count: 1 }] } });
});

test('a deletion waits for a quota before it takes the team, so that a new project cannot deadlock with it', async () => {
  const { id } = await newTeam(database.db);
  await database.db.insert(teamQuotaAllocations).values({ teamId: id, site: 'haifa', cpuLimit: 8, ramGbLimit: 8 });
  const creating = await database.pool.connect();
  try {
    await creating.query("begin; set local lock_timeout = '200ms'");
    await creating.query('select from team_quota_allocations where team_id = $1 for no key update', [id]);
    const deletion = outcomesOf([org.teams.delete(centerAdmin(), id)]);
    await untilSomebodyWaits();
    await creating.query('select from teams where id = $1 for key share', [id]); // as its foreign key will ask
    await creating.query('commit');
    expect(await deletion).toEqual(['CONFLICT']);
  } finally {
    creating.release();
  }
});

test('whatever else refers to a node refuses its deletion as a conflict', async () => {
  const { id } = await newTeam(database.db);
  await database.pool.query('create table badges (team_id uuid references teams)');
  await database.pool.query('insert into badges values ($1)', [id]);
  await expect(org.teams.delete(centerAdmin(), id)).rejects.toMatchObject({ code: 'CONFLICT' });
});
