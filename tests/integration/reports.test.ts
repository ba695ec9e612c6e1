import { afterAll, beforeAll, expect, test } from 'vitest';
import { departmentQuotaAllocations, teamQuotaAllocations } from '../../db/schema/index.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { usageOutput } from '../../server/reports/reports.schema.ts';
import { createReportsService } from '../../server/reports/reports.service.ts';
import { adminOf, callerWith, centerAdmin } from '../factories/caller.ts';
import { newDepartment, newField, newServer, newTeam } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

/**
 * Field Vision has 64 cores at haifa and 32 at eilat and granted 50 to Detection (of which team Cats has 30 and uses 8).
 * Field Audio had 64 at haifa, of which 48 went offline after it granted 40 to Speech (of which team Birds has 20).
 */
let database: TestDatabase;
let reports: ReturnType<typeof createReportsService>;
let vision = '';
let audio = '';
let detection = '';
let cats = '';
let birds = '';

beforeAll(async () => {
  database = await freshDatabase();
  reports = createReportsService(database);
  const { db } = database;
  vision = (await newField(db, { name: 'Vision' })).id;
  audio = (await newField(db, { name: 'Audio' })).id;
  await newServer(db, { fieldId: vision, site: 'haifa', cpu: 64, ramGb: 256 });
  await newServer(db, { fieldId: vision, site: 'eilat', cpu: 32, ramGb: 128 });
  await newServer(db, { fieldId: audio, site: 'haifa', cpu: 16, ramGb: 64 });
  await newServer(db, { fieldId: audio, site: 'haifa', cpu: 48, ramGb: 192, status: 'offline' });
  await newServer(db, { site: 'haifa', cpu: 1000, ramGb: 1000 });
  detection = (await newDepartment(db, { name: 'Detection', fieldId: vision })).id;
  const speech = (await newDepartment(db, { name: 'Speech', fieldId: audio })).id;
  cats = (await newTeam(db, { name: 'Cats', departmentId: detection })).id;
  birds = (await newTeam(db, { name: 'Birds', departmentId: speech })).id;
  await db.insert(departmentQuotaAllocations).values([
    { departmentId: detection, site: 'haifa', cpuLimit: 50, ramGbLimit: 200 },
    { departmentId: speech, site: 'haifa', cpuLimit: 40, ramGbLimit: 60 },
  ]);
  await db.insert(teamQuotaAllocations).values([
    { teamId: cats, site: 'haifa', cpuLimit: 30, ramGbLimit: 120, cpuUsed: 8, ramGbUsed: 32 },
    { teamId: birds, site: 'haifa', cpuLimit: 20, ramGbLimit: 50 },
  ]);
});
afterAll(() => database.drop());

const cpuTotals = async (caller: Caller) => {
  const { sites } = await reports.usage(caller, {});
  return sites.map((s) => [s.site, s.cpu_capacity, s.cpu_online, s.cpu_granted, s.cpu_used, s.cpu_deficit]);
};
const rowsOf = async (caller: Caller, site?: string) => {
  const { items } = await reports.usage(caller, { site });
  return items.map((row) => `${row.level} ${row.name} ${row.site}`);
};

test('a center admin sees every node at every site, in the API’s shape', async () => {
  const usage = await reports.usage(centerAdmin(), {});
  expect(usageOutput.parse(usage)).toEqual(usage);
  expect(await rowsOf(centerAdmin())).toEqual([
    'field Audio haifa',
    'field Vision eilat',
    'field Vision haifa',
    'department Detection haifa',
    'department Speech haifa',
    'team Birds haifa',
    'team Cats haifa',
  ]);
});

test('a field has capacity, a department and a team have a limit', async () => {
  const { items } = await reports.usage(adminOf('field_admin', vision), { site: 'haifa' });
  expect(items).toEqual([
    {
      ...{ level: 'field', id: vision, name: 'Vision', parent_id: expect.any(String), site: 'haifa' },
      ...{ cpu_capacity: 64, cpu_online: 64, cpu_limit: null, cpu_granted: 50, cpu_used: 8, cpu_deficit: 0 },
      ...{ ram_gb_capacity: 256, ram_gb_online: 256, ram_gb_limit: null },
      ...{ ram_gb_granted: 200, ram_gb_used: 32, ram_gb_deficit: 0 },
    },
    {
      ...{ level: 'department', id: detection, name: 'Detection', parent_id: vision, site: 'haifa' },
      ...{ cpu_capacity: null, cpu_online: null, cpu_limit: 50, cpu_granted: 30, cpu_used: 8, cpu_deficit: 0 },
      ...{ ram_gb_capacity: null, ram_gb_online: null, ram_gb_limit: 200 },
      ...{ ram_gb_granted: 120, ram_gb_used: 32, ram_gb_deficit: 0 },
    },
    {
      ...{ level: 'team', id: cats, name: 'Cats', parent_id: detection, site: 'haifa' },
      ...{ cpu_capacity: null, cpu_online: null, cpu_limit: 30, cpu_granted: 30, cpu_used: 8, cpu_deficit: 0 },
      ...{ ram_gb_capacity: null, ram_gb_online: null, ram_gb_limit: 120 },
      ...{ ram_gb_granted: 120, ram_gb_used: 32, ram_gb_deficit: 0 },
    },
  ]);
});

test('a field that granted more than is online shows its deficit of each resource', async () => {
  const { items, sites } = await reports.usage(adminOf('field_admin', audio), {});
  expect(items[0]).toMatchObject({ name: 'Audio', cpu_capacity: 64, cpu_online: 16, cpu_granted: 40, cpu_deficit: 24 });
  expect(items[0]).toMatchObject({ ram_gb_capacity: 256, ram_gb_online: 64, ram_gb_granted: 60, ram_gb_deficit: 0 });
  expect(sites).toMatchObject([{ site: 'haifa', cpu_deficit: 24, ram_gb_deficit: 0 }]);
});

test('the totals of a center admin are the sum of the fields, and keep one field’s deficit in sight', async () => {
  expect(await cpuTotals(centerAdmin())).toEqual([
    ['eilat', 32, 32, 0, 0, 0],
    ['haifa', 128, 80, 90, 8, 24],
  ]);
});

test('for a department admin the capacity is the quota of the department', async () => {
  expect(await cpuTotals(adminOf('dept_admin', detection))).toEqual([['haifa', 50, 50, 30, 8, 0]]);
  expect(await rowsOf(adminOf('dept_admin', detection))).toEqual(['department Detection haifa', 'team Cats haifa']);
});

test('for a team lead the capacity is the quota of the team', async () => {
  expect(await cpuTotals(adminOf('team_lead', cats))).toEqual([['haifa', 30, 30, 30, 8, 0]]);
  expect(await rowsOf(adminOf('team_lead', cats))).toEqual(['team Cats haifa']);
});

test('several grants count what lies below another only once', async () => {
  const caller = callerWith(
    { role: 'dept_admin', scope_id: detection },
    { role: 'team_lead', scope_id: cats },
    { role: 'team_lead', scope_id: birds },
  );
  expect(await cpuTotals(caller)).toEqual([['haifa', 70, 70, 50, 8, 0]]);
});

test('a site that is asked for is the only one shown', async () => {
  expect(await rowsOf(centerAdmin(), 'eilat')).toEqual(['field Vision eilat']);
  expect(await rowsOf(centerAdmin(), 'nowhere')).toEqual([]);
});

test('somebody without a grant gets an empty report', async () => {
  expect(await reports.usage(callerWith(), {})).toEqual({ sites: [], items: [] });
});

test('a quota of 0 is left out, and a field whose servers are all offline is not', async () => {
  const { db } = database;
  const field = await newField(db);
  await newServer(db, { fieldId: field.id, site: 'eilat', cpu: 8, ramGb: 32, status: 'offline' });
  const departmentId = (await newDepartment(db, { fieldId: field.id })).id;
  const teamId = (await newTeam(db, { departmentId })).id;
  const nothing = { site: 'HAIFA', cpuLimit: 0, ramGbLimit: 0 };
  await db.insert(departmentQuotaAllocations).values({ departmentId, ...nothing });
  await db.insert(teamQuotaAllocations).values({ teamId, ...nothing });
  const { sites, items } = await reports.usage(adminOf('field_admin', field.id), {});
  expect(items).toMatchObject([{ id: field.id, site: 'eilat', cpu_capacity: 8, cpu_online: 0 }]);
  expect(sites).toMatchObject([{ site: 'eilat', cpu_capacity: 8, cpu_online: 0 }]);
});
