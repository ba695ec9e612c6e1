import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqlState } from '../../server/platform/database.ts';
import { newDepartment, newServer, newTeam } from '../factories/org.ts';
import { newProjectRow } from '../factories/quotas.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const CHECK_VIOLATION = '23514';
const run = (statement: string) => database.db.execute(sql.raw(statement));
const stateOf = (statement: string) => run(statement).then(() => 'done', sqlState);

const operation = (projectId: string, kind: string, state: string, waiting: string) =>
  `insert into project_operations (project_id, kind, after, state, waiting_for, request_id)
   values ('${projectId}', '${kind}', '{}', '${state}', ${waiting}, gen_random_uuid())`;
const event = (projectId: string, kind: string) =>
  `insert into project_events (project_id, kind, message, request_id) values ('${projectId}', '${kind}', '', gen_random_uuid())`;
const entry = (kind: string, cpu: number, ramGb: number) =>
  `insert into quota_ledger (team_quota_id, project_id, operation_id, kind, cpu, ram_gb)
   values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '${kind}', ${cpu}, ${ramGb})`;
const audited = (action: string) =>
  `insert into audit_events (actor, action, target_type, target_id, target_name, request_id)
   values ('yael', '${action}', 'team', 'x', 'x', gen_random_uuid())`;
const mend = (state: string) =>
  `insert into drift_mends (finding_id, finding, state, requested_by, request_id)
   values ('${randomUUID()}', '{}', '${state}', 'yael', gen_random_uuid())`;
const syncRun = (trigger: string, outcome: string) =>
  `insert into sync_runs (trigger, requested_by, request_id, outcome)
   values ('${trigger}', 'yael', gen_random_uuid(), '${outcome}')`;
const snapshot = (level: string) =>
  `insert into usage_snapshots values (current_date, '${level}', gen_random_uuid(), 'haifa', gen_random_uuid(), 1, 1, 1, 1, 1, 1)`;

describe('the schema itself refuses a word that nobody knows', () => {
  test('of a project: its SLA type, tier, status, and a namespace that is no label', async () => {
    const id = await newProjectRow(database.db, (await newTeam(database.db)).id);
    for (const [column, wrong, right] of [
      ['sla_type', 'platinum', 'gold'],
      ['performance_tier', 'fast', 'high_performance'],
      ['status', 'deleted', 'rolling_back'],
      ['namespace_name', 'Upper', `a${'-'.repeat(61)}z`],
      ['namespace_name', 'ends-in-', 'a'],
      ['namespace_name', 'a'.repeat(64), 'a'.repeat(63)],
      ['namespace_name', '', '0'],
    ]) {
      expect(await stateOf(`update projects set ${column} = '${wrong}' where id = '${id}'`)).toBe(CHECK_VIOLATION);
      expect(await stateOf(`update projects set ${column} = '${right}' where id = '${id}'`)).toBe('done');
    }
  });

  test('of an operation: its kind, its state, and what it waits for', async () => {
    const id = await newProjectRow(database.db, (await newTeam(database.db)).id);
    expect(await stateOf(operation(id, 'destroy', 'failed', 'null'))).toBe(CHECK_VIOLATION);
    expect(await stateOf(operation(id, 'resize', 'lost', 'null'))).toBe(CHECK_VIOLATION);
    expect(await stateOf(operation(id, 'resize', 'failed', "'godot'"))).toBe(CHECK_VIOLATION);
    expect(await stateOf(event(id, 'vanished'))).toBe(CHECK_VIOLATION);
    expect(await stateOf(event(id, 'healthy'))).toBe('done');
  });

  test('of a server: its tier and its status', async () => {
    const { id } = await newServer(database.db);
    for (const change of ["performance_tier = 'fast'", "status = 'asleep'"]) {
      expect(await stateOf(`update servers set ${change} where id = '${id}'`)).toBe(CHECK_VIOLATION);
    }
  });

  test.each([
    ['a ledger entry of no kind', entry('gift', 1, 1), entry('adjust', -1, 1)],
    ['a reservation that gives back', entry('reserve', 1, -1), entry('reserve', 0, 1)],
    ['a release that takes', entry('release', 1, -1), entry('release', -1, 0)],
    ['an audit event whose action is no two words', audited('Delete everything'), audited('team_quota.set')],
    ['a mend in no state', mend('guessed'), mend('written')],
    ['a sync for no reason', syncRun('whim', 'failed'), syncRun('manual', 'failed')],
    ['a sync that ended in no way', syncRun('manual', 'lost'), syncRun('schedule', 'withheld')],
    ['a snapshot of no level', snapshot('planet'), snapshot('team')],
  ])('%s', async (_, wrong, right) => {
    expect(await stateOf(wrong)).toBe(CHECK_VIOLATION);
    expect(await stateOf(right)).toBe('done');
  });
});

test('a quota below 0, and a usage above its limit, are refused by it too', async () => {
  const [{ id: departmentId }, { id: teamId }] = [await newDepartment(database.db), await newTeam(database.db)];
  const ofDepartment = `insert into department_quota_allocations (department_id, site, cpu_limit, ram_gb_limit)
    values ('${departmentId}', 'haifa', -1, 0)`;
  const ofTeam = `insert into team_quota_allocations (team_id, site, cpu_limit, ram_gb_limit, cpu_used)
    values ('${teamId}', 'haifa', 1, 1, 2)`;
  expect([await stateOf(ofDepartment), await stateOf(ofTeam)]).toEqual([CHECK_VIOLATION, CHECK_VIOLATION]);
});
