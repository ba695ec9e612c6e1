import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { teamQuotaAllocations } from '../../db/schema/index.ts';
import { InfraHubError } from '../../server/platform/errors.ts';
import { centerAdmin } from '../factories/caller.ts';
import { newDepartment, newField, newServer, newTeam } from '../factories/org.ts';
import {
  newBranch,
  newDepartmentQuota,
  newTeamQuota,
  quotaServices,
  releaseAgain,
  reserve,
  usageOf,
} from '../factories/quotas.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { until } from '../support/until.ts';

const CLIENTS = 64;

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase({ poolSize: CLIENTS });
});
afterAll(() => database.drop());

const db = () => database.db;
const rooms = () => quotaServices(db());
const limit = (id: string, cpu: number, ramGb: number) => ({ id, site: 'haifa', cpu_limit: cpu, ram_gb_limit: ramGb });
const times = <T>(n: number, make: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: n }, (_, i) => make(i)));

/** How many attempts succeeded, and how many were refused with which code; an unplanned error counts by its own words. */
async function tally(attempts: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of await Promise.allSettled(attempts)) {
    const outcome = result.status === 'fulfilled' ? 'done' : refusalIn(result.reason);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}
const refusalIn = (error: unknown) => (error instanceof InfraHubError ? error.code : String(error));

test('64 teams that ask at once for a tenth of their department’s quota: exactly 10 get it', async () => {
  const { department, field } = await newBranch(db(), {
    capacity: { cpu: 1000, ramGb: 1000 },
    department: { cpu: 100, ramGb: 1000 },
  });
  const teams = await times(CLIENTS, () => newTeam(db(), { departmentId: department.id }));
  const outcome = await tally(teams.map((team) => rooms().quotas.setTeam(centerAdmin(), limit(team.id, 10, 1))));
  expect(outcome).toEqual({ done: 10, QUOTA_EXCEEDED: 54 });
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('64 departments that ask at once for a tenth of their field’s RAM: exactly 10 get it', async () => {
  const { field } = await newBranch(db(), { capacity: { cpu: 1000, ramGb: 100 } });
  const departments = await times(CLIENTS, () => newDepartment(db(), { fieldId: field.id }));
  const outcome = await tally(
    departments.map((department) => rooms().quotas.setDepartment(centerAdmin(), limit(department.id, 1, 10))),
  );
  expect(outcome).toEqual({ done: 10, QUOTA_EXCEEDED: 54 });
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('64 changes of usage at once on a quota with room for 10: exactly 10 fit, and the counter is their sum', async () => {
  const { team, field } = await newBranch(db(), {
    capacity: { cpu: 100, ramGb: 100 },
    department: { cpu: 100, ramGb: 100 },
    team: { cpu: 40, ramGb: 80 },
  });
  const outcome = await tally(
    Array.from({ length: CLIENTS }, () => reserve(db(), rooms().quotas, team.id, { cpu: 2, ramGb: 8 })),
  );
  expect(outcome).toEqual({ done: 10, QUOTA_EXCEEDED: 54 });
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('one operation that is tried 64 times at once reserves once', async () => {
  const { team } = await newBranch(db(), {
    capacity: { cpu: 100, ramGb: 100 },
    department: { cpu: 100, ramGb: 100 },
    team: { cpu: 3, ramGb: 3 },
  });
  const change = usageOf(team.id, { cpu: 2, ramGb: 2 });
  const answers = await times(CLIENTS, () => db().transaction((tx) => rooms().quotas.changeUsage(tx, change)));
  expect(answers.filter(Boolean)).toHaveLength(1);
  const [quota] = await db().select().from(teamQuotaAllocations).where(eq(teamQuotaAllocations.teamId, team.id));
  expect(quota).toMatchObject({ cpuUsed: 2, ramGbUsed: 2 });
});

test('teams are raised while their department is lowered: every refusal is QUOTA_EXCEEDED, and nothing is oversold', async () => {
  const { department, field } = await newBranch(db(), {
    capacity: { cpu: 400, ramGb: 400 },
    department: { cpu: 320, ramGb: 320 },
  });
  const teams = await times(32, () => newTeam(db(), { departmentId: department.id }));
  const outcome = await tally(
    teams.flatMap((team, i) => [
      rooms().quotas.setTeam(centerAdmin(), limit(team.id, 10, 10)),
      rooms().quotas.setDepartment(centerAdmin(), limit(department.id, 310 - 10 * i, 310 - 10 * i)),
    ]),
  );
  expect(Object.keys(outcome).sort()).toEqual(['QUOTA_EXCEEDED', 'done']);
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('departments are raised while servers are released: every refusal is QUOTA_EXCEEDED, and nothing is oversold', async () => {
  const field = await newField(db());
  const servers = await times(32, () => newServer(db(), { fieldId: field.id, cpu: 10, ramGb: 10 }));
  const departments = await times(32, () => newDepartment(db(), { fieldId: field.id }));
  const outcome = await tally(
    departments.flatMap((department, i) => [
      rooms().quotas.setDepartment(centerAdmin(), limit(department.id, 10, 10)),
      rooms().allocations.release(centerAdmin(), { id: field.id, server_ids: [servers[i]?.id ?? ''] }),
    ]),
  );
  expect(outcome).toEqual({ done: 32, QUOTA_EXCEEDED: 32 });
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('a team’s quota is lowered while its projects are created: every refusal is QUOTA_EXCEEDED', async () => {
  const { team, field } = await newBranch(db(), {
    capacity: { cpu: 100, ramGb: 100 },
    department: { cpu: 64, ramGb: 64 },
    team: { cpu: 64, ramGb: 64 },
  });
  const outcome = await tally(
    Array.from({ length: 32 }, (_, i) => [
      reserve(db(), rooms().quotas, team.id, { cpu: 2, ramGb: 2 }),
      rooms().quotas.setTeam(centerAdmin(), limit(team.id, 62 - 2 * i, 62 - 2 * i)),
    ]).flat(),
  );
  expect(Object.keys(outcome).sort()).toEqual(['QUOTA_EXCEEDED', 'done']);
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('a department gets its first quota while its teams ask for theirs: no team is given what was not there', async () => {
  const { field } = await newBranch(db(), { capacity: { cpu: 10_000, ramGb: 10_000 } });
  for (let round = 0; round < 20; round++) {
    const department = await newDepartment(db(), { fieldId: field.id });
    const teams = await times(8, () => newTeam(db(), { departmentId: department.id }));
    const outcome = await tally([
      rooms().quotas.setDepartment(centerAdmin(), limit(department.id, 100, 100)),
      ...teams.map((team) => rooms().quotas.setTeam(centerAdmin(), limit(team.id, 60, 60))),
    ]);
    expect(Object.keys(outcome).filter((kind) => kind !== 'done' && kind !== 'QUOTA_EXCEEDED')).toEqual([]);
  }
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('the same first quota set by many at once is one row', async () => {
  const { department, team, field } = await newBranch(db(), { capacity: { cpu: 100, ramGb: 100 } });
  const first = await tally(
    Array.from({ length: 16 }, () => rooms().quotas.setDepartment(centerAdmin(), limit(department.id, 60, 60))),
  );
  const second = await tally(
    Array.from({ length: 16 }, () => rooms().quotas.setTeam(centerAdmin(), limit(team.id, 60, 60))),
  );
  expect([first, second]).toEqual([{ done: 16 }, { done: 16 }]);
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('while another session holds a lock for long, callers are told BUSY after the lock’s time, and nothing is changed', async () => {
  const { field, department, team, server } = await newBranch(db(), {
    capacity: { cpu: 100, ramGb: 100 },
    department: { cpu: 10, ramGb: 10 },
    team: { cpu: 5, ramGb: 5 },
  });
  const blocker = await database.pool.connect();
  try {
    await blocker.query('begin');
    await blocker.query('select 1 from fields where id = $1 for update', [field.id]);
    await blocker.query('select 1 from department_quota_allocations where department_id = $1 for update', [
      department.id,
    ]);
    await blocker.query('select 1 from team_quota_allocations where team_id = $1 for update', [team.id]);
    const started = performance.now();
    const { quotas, allocations } = rooms();
    const outcome = await tally([
      quotas.setDepartment(centerAdmin(), limit(department.id, 20, 20)),
      quotas.setTeam(centerAdmin(), limit(team.id, 6, 6)),
      allocations.release(centerAdmin(), { id: field.id, server_ids: [server.id] }),
    ]);
    expect(outcome).toEqual({ BUSY: 3 });
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeGreaterThan(2.5);
    expect(seconds).toBeLessThan(5);
  } finally {
    await blocker.query('rollback');
    blocker.release();
  }
  expect((await rooms().quotas.listDepartment(centerAdmin(), department.id)).items).toMatchObject([{ cpu_limit: 10 }]);
  expect((await rooms().quotas.listTeam(centerAdmin(), team.id)).items).toMatchObject([{ cpu_limit: 5 }]);
  expect((await rooms().allocations.fieldCapacity(centerAdmin(), field.id)).sites).toMatchObject([{ servers: 1 }]);
});

test('who stands behind another who waits for a lock is told BUSY as soon', async () => {
  const { field } = await newBranch(db(), { capacity: { cpu: 100, ramGb: 100 } });
  const department = await newDepartment(db(), { fieldId: field.id });
  const ask = () => tally([rooms().quotas.setDepartment(centerAdmin(), limit(department.id, 1, 1))]);
  const blocker = await database.pool.connect();
  try {
    await blocker.query('begin');
    await blocker.query('select 1 from fields where id = $1 for update', [field.id]);
    const ahead = ask();
    await until('somebody has waited for a while', async () => {
      const { rows } = await database.pool.query(`select from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock' and query_start < clock_timestamp() - interval '300 ms'`);
      return rows[0];
    });
    const started = performance.now();
    expect(await ask()).toEqual({ BUSY: 1 });
    expect((performance.now() - started) / 1000).toBeLessThan(5);
    expect(await ahead).toEqual({ BUSY: 1 });
  } finally {
    await blocker.query('rollback');
    blocker.release();
  }
});

test('a database session that dies in the middle of a change leaves the counters as they were', async () => {
  const { team, field } = await newBranch(db(), {
    capacity: { cpu: 10, ramGb: 10 },
    department: { cpu: 10, ramGb: 10 },
    team: { cpu: 10, ramGb: 10 },
  });
  const { quotas } = rooms();
  const cut = db().transaction(async (tx) => {
    await quotas.changeUsage(tx, usageOf(team.id, { cpu: 4, ramGb: 4 }));
    const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await db().execute(sql`select pg_terminate_backend(${rows[0]?.pid})`);
    await quotas.changeUsage(tx, usageOf(team.id, { cpu: 4, ramGb: 4 }));
  });
  await expect(cut).rejects.toThrow();
  expect((await quotas.listTeam(centerAdmin(), team.id)).items).toMatchObject([{ cpu_used: 0, ram_gb_used: 0 }]);
  await releaseAgain(db(), quotas, await reserve(db(), quotas, team.id, { cpu: 10, ramGb: 10 }));
  expect(await brokenInvariants(db(), field.id)).toEqual([]);
});

test('a recount sees what raw SQL did behind the product’s back, so that the tests above can fail', async () => {
  const { department, team, field } = await newBranch(db(), { capacity: { cpu: 10, ramGb: 10 } });
  const seenAfter = async (cheat: () => Promise<unknown>) => {
    await cheat();
    return (await brokenInvariants(db(), field.id)).map(({ invariant }) => invariant);
  };
  expect(await seenAfter(() => newTeamQuota(db(), team.id, { cpu: 1, ramGb: 0 }))).toEqual([2]);
  expect(await seenAfter(() => newDepartmentQuota(db(), department.id, { cpu: 11, ramGb: 0 }))).toEqual([1]);
  const overUse = db().update(teamQuotaAllocations).set({ cpuUsed: 1 }).where(eq(teamQuotaAllocations.teamId, team.id));
  expect(await seenAfter(() => overUse)).toEqual([1, 3]);
});
