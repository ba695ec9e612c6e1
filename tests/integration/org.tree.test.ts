import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { departmentQuotaAllocations, teamQuotaAllocations } from '../../db/schema/index.ts';
import { tree as treeShape } from '../../server/org/org.schema.ts';
import { createOrgService } from '../../server/org/org.service.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newCenter, newDepartment, newField, newServer, newTeam } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let org: ReturnType<typeof createOrgService>;
beforeAll(async () => {
  database = await freshDatabase();
  org = createOrgService(database);
});
afterAll(() => database.drop());

const grantDepartment = (departmentId: string, site: string, cpuLimit: number, ramGbLimit: number) =>
  database.db.insert(departmentQuotaAllocations).values({ departmentId, site, cpuLimit, ramGbLimit });
const grantTeam = (teamId: string, site: string, limit: [number, number], used: [number, number]) =>
  database.db.insert(teamQuotaAllocations).values({
    teamId,
    site,
    cpuLimit: limit[0],
    ramGbLimit: limit[1],
    cpuUsed: used[0],
    ramGbUsed: used[1],
  });

type Three = [number, number, number];

/** What a center or field has: capacity, and of it online; and what it granted. */
const ofServers = (site: string, cpu: Three, ram: Three, used = { cpu: 0, ramGb: 0 }) => ({
  site,
  ...{ cpu_capacity: cpu[0], cpu_online: cpu[1], cpu_limit: null, cpu_granted: cpu[2], cpu_used: used.cpu },
  ...{ ram_gb_capacity: ram[0], ram_gb_online: ram[1], ram_gb_limit: null },
  ...{ ram_gb_granted: ram[2], ram_gb_used: used.ramGb },
});

/** What a department or team has: a limit, what it granted of it, and what is used. */
const ofQuota = (site: string, cpu: Three, ram: Three) => ({
  site,
  ...{ cpu_capacity: null, cpu_online: null, cpu_limit: cpu[0], cpu_granted: cpu[1], cpu_used: cpu[2] },
  ...{ ram_gb_capacity: null, ram_gb_online: null, ram_gb_limit: ram[0], ram_gb_granted: ram[1], ram_gb_used: ram[2] },
});

/** A field with 128 cores at haifa (64 more are offline) and 32 at eilat, and what was made of them. */
async function sharedOut() {
  const { db } = database;
  const center = await newCenter(db);
  const field = await newField(db, { centerId: center.id });
  await newServer(db, { fieldId: field.id, site: 'haifa', cpu: 64, ramGb: 256 });
  await newServer(db, { fieldId: field.id, site: 'haifa', cpu: 64, ramGb: 256 });
  await newServer(db, { fieldId: field.id, site: 'haifa', cpu: 64, ramGb: 256, status: 'offline' });
  await newServer(db, { fieldId: field.id, site: 'eilat', cpu: 32, ramGb: 128 });
  const department = await newDepartment(db, { fieldId: field.id, name: 'a' });
  const other = await newDepartment(db, { fieldId: field.id, name: 'b' });
  await grantDepartment(department.id, 'haifa', 100, 400);
  await grantDepartment(other.id, 'haifa', 20, 80);
  const team = await newTeam(db, { departmentId: department.id, name: 'a1' });
  const second = await newTeam(db, { departmentId: department.id, name: 'a2' });
  await grantTeam(team.id, 'haifa', [30, 120], [8, 32]);
  await grantTeam(second.id, 'haifa', [10, 40], [0, 0]);
  return { center, field, department, other, team };
}

test('each level shows what it has, what it gave to the level below and what is used, by site', async () => {
  const { center, field } = await sharedOut();
  const { centers } = await org.tree(centerAdmin());
  const shown = centers.find((c) => c.id === center.id);
  const shares = [
    ofServers('eilat', [32, 32, 0], [128, 128, 0]),
    ofServers('haifa', [192, 128, 120], [768, 512, 480], { cpu: 8, ramGb: 32 }),
  ];
  expect(shown?.shares).toEqual(shares);
  expect(shown?.fields.map((f) => [f.id, f.shares])).toEqual([[field.id, shares]]);
  const [a, b] = shown?.fields[0]?.departments ?? [];
  expect(a?.shares).toEqual([ofQuota('haifa', [100, 40, 8], [400, 160, 32])]);
  expect(b?.shares).toEqual([ofQuota('haifa', [20, 0, 0], [80, 0, 0])]);
  expect(a?.teams.map((t) => t.shares)).toEqual([
    [ofQuota('haifa', [30, 30, 8], [120, 120, 32])],
    [ofQuota('haifa', [10, 10, 0], [40, 40, 0])],
  ]);
});

test('a center adds up its fields', async () => {
  const center = await newCenter(database.db);
  for (const cpu of [8, 16]) {
    const field = await newField(database.db, { centerId: center.id });
    await newServer(database.db, { fieldId: field.id, cpu, ramGb: 2 * cpu });
  }
  const { centers } = await org.tree(centerAdmin());
  expect(centers.find((c) => c.id === center.id)?.shares).toEqual([ofServers('haifa', [24, 24, 0], [48, 48, 0])]);
});

test('a field that lost all its servers still shows what it granted', async () => {
  const department = await newDepartment(database.db);
  await grantDepartment(department.id, 'haifa', 10, 40);
  const { centers } = await org.tree(adminOf('field_admin', department.fieldId));
  expect(centers[0]?.fields[0]?.shares).toEqual([ofServers('haifa', [0, 0, 10], [0, 0, 40])]);
});

test('what is only on the way shows its name and none of its numbers', async () => {
  const { center, field, department } = await sharedOut();
  const { centers } = await org.tree(adminOf('dept_admin', department.id));
  expect(centers).toMatchObject([
    {
      id: center.id,
      name: center.name,
      in_scope: false,
      shares: [],
      fields: [
        {
          id: field.id,
          in_scope: false,
          shares: [],
          departments: [
            { id: department.id, in_scope: true, shares: [ofQuota('haifa', [100, 40, 8], [400, 160, 32])] },
          ],
        },
      ],
    },
  ]);
  expect(centers[0]?.fields[0]?.departments).toHaveLength(1);
});

test('a team lead sees the share of its team alone', async () => {
  const { team } = await sharedOut();
  const { centers } = await org.tree(adminOf('team_lead', team.id));
  const department = centers[0]?.fields[0]?.departments[0];
  expect(department?.shares).toEqual([]);
  expect(department?.teams).toEqual([
    { id: team.id, name: 'a1', in_scope: true, shares: [ofQuota('haifa', [30, 30, 8], [120, 120, 32])] },
  ]);
});

test('an empty organisation is an empty tree', async () => {
  const empty = await freshDatabase({ poolSize: 1 });
  try {
    expect(await createOrgService(empty).tree(centerAdmin())).toEqual({ centers: [] });
  } finally {
    await empty.drop();
  }
});

test('a tree of 5,000 nodes is whole, in the API’s shape, and comes in one round trip', async () => {
  const big = await freshDatabase({ poolSize: 1 });
  try {
    await big.db.execute(sql`
      with c as (insert into centers (name) select 'center ' || i from generate_series(1, 5) i returning id),
      f as (insert into fields (center_id, name) select id, 'field ' || i from c, generate_series(1, 10) i returning id),
      d as (insert into departments (field_id, name) select id, 'dept ' || i from f, generate_series(1, 9) i returning id),
      t as (insert into teams (department_id, name) select id, 'team ' || i from d, generate_series(1, 10) i returning id),
      dq as (insert into department_quota_allocations (department_id, site, cpu_limit, ram_gb_limit)
        select id, 'site' || i, 100, 400 from d, generate_series(1, 3) i)
      insert into team_quota_allocations (team_id, site, cpu_limit, ram_gb_limit)
        select id, 'site' || i, 10, 40 from t, generate_series(1, 3) i`);
    let roundTrips = 0;
    big.pool.on('acquire', () => roundTrips++);
    const { centers } = treeShape.parse(await createOrgService(big).tree(centerAdmin()));
    expect(roundTrips).toBe(1);
    const fields = centers.flatMap((c) => c.fields);
    const departments = fields.flatMap((f) => f.departments);
    const teams = departments.flatMap((d) => d.teams);
    expect([centers.length, fields.length, departments.length, teams.length]).toEqual([5, 50, 450, 4500]);
    expect(fields.every((f) => f.shares.every((s) => s.cpu_granted === 900))).toBe(true);
    expect(teams.every((t) => t.shares.length === 3)).toBe(true);
  } finally {
    await big.drop();
  }
});
