import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditEvents, departmentQuotaAllocations, servers, teamQuotaAllocations } from '../../db/schema/index.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newDepartment, newField, newServer, newTeam } from '../factories/org.ts';
import { newBranch, newTeamQuota, quotaServices, usageOf } from '../factories/quotas.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const db = () => database.db;
const quotas = () => quotaServices(db()).quotas;
const limit = (id: string, cpu: number, ramGb: number, site = 'haifa') => ({
  id,
  site,
  cpu_limit: cpu,
  ram_gb_limit: ramGb,
});

async function departmentLimit(departmentId: string) {
  const [row] = await db()
    .select({ cpu: departmentQuotaAllocations.cpuLimit, ramGb: departmentQuotaAllocations.ramGbLimit })
    .from(departmentQuotaAllocations)
    .where(eq(departmentQuotaAllocations.departmentId, departmentId));
  return row;
}

async function teamLimit(teamId: string) {
  const [row] = await db()
    .select({ cpu: teamQuotaAllocations.cpuLimit, ramGb: teamQuotaAllocations.ramGbLimit })
    .from(teamQuotaAllocations)
    .where(eq(teamQuotaAllocations.teamId, teamId));
  return row;
}

const goOffline = (serverId: string) => db().update(servers).set({ status: 'offline' }).where(eq(servers.id, serverId));

describe('a department’s quota', () => {
  test('is carved out of what its field has online, and answers what is left on both sides', async () => {
    const { department, field } = await newBranch(db(), {
      capacity: { cpu: 100, ramGb: 400 },
      team: { cpu: 0, ramGb: 0 },
    });
    const sister = await newDepartment(db(), { fieldId: field.id });
    await quotas().setDepartment(centerAdmin(), limit(sister.id, 30, 100));
    const answer = await quotas().setDepartment(adminOf('field_admin', field.id), limit(department.id, 40, 200));
    expect(answer).toEqual({
      id: expect.any(String),
      department_id: department.id,
      site: 'haifa',
      cpu_limit: 40,
      ram_gb_limit: 200,
      cpu_granted: 0,
      ram_gb_granted: 0,
      cpu_parent_free: 30,
      ram_gb_parent_free: 100,
    });
    expect(await quotas().listDepartment(centerAdmin(), department.id)).toEqual({ items: [answer] });
  });

  test('that the field cannot cover is refused, names every short resource, and leaves nothing behind', async () => {
    const { department, field } = await newBranch(db(), { capacity: { cpu: 28, ramGb: 10 } });
    const of = { site: 'haifa', reason: 'parent' };
    await expect(quotas().setDepartment(centerAdmin(), limit(department.id, 40, 14))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message:
        `12 cores short at haifa: 40 asked for, field ${field.name} has 28 free. Ask a center admin for more servers. ` +
        `4 GiB short at haifa: 14 asked for, field ${field.name} has 10 free. Ask a center admin for more servers.`,
      details: {
        site: 'haifa',
        resource: 'cpu',
        requested: 40,
        free: 28,
        shortages: [
          { ...of, resource: 'cpu', requested: 40, before: 0, after: 40, free: 28, short: 12 },
          { ...of, resource: 'ram_gb', requested: 14, before: 0, after: 14, free: 10, short: 4 },
        ],
      },
    });
    expect(await departmentLimit(department.id)).toBeUndefined();
  });

  test('is not fed by servers of another site, nor by those that are offline', async () => {
    const { department, server } = await newBranch(db(), { capacity: { cpu: 64, ramGb: 64 } });
    await newServer(db(), { site: 'eilat' });
    await expect(quotas().setDepartment(centerAdmin(), limit(department.id, 1, 1, 'eilat'))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { site: 'eilat', free: 0 },
    });
    await goOffline(server.id);
    await expect(quotas().setDepartment(centerAdmin(), limit(department.id, 1, 1))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { site: 'haifa', free: 0 },
    });
  });

  test('is not lowered below what its teams hold', async () => {
    const { department } = await newBranch(db(), {
      capacity: { cpu: 100, ramGb: 100 },
      department: { cpu: 50, ramGb: 50 },
      team: { cpu: 40, ramGb: 20 },
    });
    await expect(quotas().setDepartment(centerAdmin(), limit(department.id, 39, 20))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message:
        `Department ${department.name} cannot have 39 cores at haifa: ` +
        '40 are held by teams; the lowest possible is 40. Lower theirs first.',
      details: { shortages: [{ resource: 'cpu', requested: 11, before: 50, after: 39, free: 10, reason: 'held' }] },
    });
    await quotas().setDepartment(centerAdmin(), limit(department.id, 40, 20));
    expect(await departmentLimit(department.id)).toEqual({ cpu: 40, ramGb: 20 });
  });

  test('may be lowered in one resource while the other stays, in a field with a deficit of both', async () => {
    const { department, server, field } = await newBranch(db(), {
      capacity: { cpu: 100, ramGb: 100 },
      department: { cpu: 50, ramGb: 50 },
    });
    await goOffline(server.id);
    await expect(quotas().setDepartment(centerAdmin(), limit(department.id, 10, 51))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message:
        `Department ${department.name} cannot have 51 GiB at haifa: ` +
        `field ${field.name} has granted 50 GiB more there than its servers now give. ` +
        'Until that deficit is gone, no quota of it can be raised.',
      details: { shortages: [{ resource: 'ram_gb', requested: 1, free: 0, reason: 'deficit' }] },
    });
    await quotas().setDepartment(centerAdmin(), limit(department.id, 10, 50));
    expect(await departmentLimit(department.id)).toEqual({ cpu: 10, ramGb: 50 });
  });

  test('may be raised in the resource that has no deficit', async () => {
    const { department, server } = await newBranch(db(), {
      capacity: { cpu: 100, ramGb: 100 },
      department: { cpu: 50, ramGb: 50 },
    });
    await db().update(servers).set({ cpu: 10 }).where(eq(servers.id, server.id));
    await quotas().setDepartment(centerAdmin(), limit(department.id, 50, 60));
    expect(await departmentLimit(department.id)).toEqual({ cpu: 50, ramGb: 60 });
  });

  test('is set by center and field admins of its field, and by nobody else', async () => {
    const { department, team } = await newBranch(db(), { capacity: { cpu: 10, ramGb: 10 } });
    const elsewhere = await newField(db());
    for (const caller of [
      adminOf('field_admin', elsewhere.id),
      adminOf('dept_admin', department.id),
      adminOf('team_lead', team.id),
    ]) {
      await expect(quotas().setDepartment(caller, limit(department.id, 1, 1))).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
    }
    await expect(quotas().setDepartment(centerAdmin(), limit(randomUUID(), 1, 1))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { what: 'department' },
    });
  });

  test('is audited with its limits before and after', async () => {
    const { department, field } = await newBranch(db(), {
      capacity: { cpu: 10, ramGb: 10 },
      department: { cpu: 3, ramGb: 4 },
    });
    await quotas().setDepartment(centerAdmin(), limit(department.id, 5, 6));
    const events = await db().select().from(auditEvents).where(eq(auditEvents.targetId, department.id));
    expect(events).toMatchObject([
      {
        action: 'department_quota.set',
        targetType: 'department',
        targetName: department.name,
        fieldId: field.id,
        before: { site: 'haifa', cpu_limit: 3, ram_gb_limit: 4 },
        after: { site: 'haifa', cpu_limit: 5, ram_gb_limit: 6 },
      },
    ]);
  });
});

describe('a team’s quota', () => {
  test('is carved out of its department’s, and answers what is used and left', async () => {
    const { department, team } = await newBranch(db(), {
      capacity: { cpu: 100, ramGb: 100 },
      department: { cpu: 50, ramGb: 60 },
    });
    const sister = await newTeam(db(), { departmentId: department.id });
    await newTeamQuota(db(), sister.id, { cpu: 10, ramGb: 20 });
    const answer = await quotas().setTeam(adminOf('dept_admin', department.id), limit(team.id, 30, 30));
    expect(answer).toEqual({
      id: expect.any(String),
      team_id: team.id,
      site: 'haifa',
      cpu_limit: 30,
      ram_gb_limit: 30,
      cpu_used: 0,
      ram_gb_used: 0,
      cpu_parent_free: 10,
      ram_gb_parent_free: 10,
    });
    expect(await quotas().listTeam(adminOf('team_lead', team.id), team.id)).toEqual({ items: [answer] });
    const own = await quotas().listDepartment(adminOf('dept_admin', department.id), department.id);
    expect(own.items).toMatchObject([{ cpu_granted: 40, ram_gb_granted: 50 }]);
  });

  test('that the department cannot cover is refused and says who can give more', async () => {
    const { team, department, field } = await newBranch(db(), {
      capacity: { cpu: 90, ramGb: 90 },
      department: { cpu: 50, ramGb: 50 },
    });
    await expect(quotas().setTeam(centerAdmin(), limit(team.id, 62, 50))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message:
        `12 cores short at haifa: 62 asked for, department ${department.name} has 50 free. ` +
        `Field ${field.name} has 40 free; ask its admin.`,
      details: { site: 'haifa', shortages: [{ resource: 'cpu', requested: 62, free: 50, reason: 'parent' }] },
    });
    expect(await teamLimit(team.id)).toBeUndefined();
  });

  test('is nothing where the department has none, and 0 may be said of it', async () => {
    const { team } = await newBranch(db(), { capacity: { cpu: 90, ramGb: 90 } });
    await expect(quotas().setTeam(centerAdmin(), limit(team.id, 1, 0))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { requested: 1, free: 0 },
    });
    expect(await quotas().setTeam(centerAdmin(), limit(team.id, 0, 0))).toMatchObject({ id: null, cpu_limit: 0 });
    expect(await teamLimit(team.id)).toBeUndefined();
  });

  test('is not lowered below what its projects hold', async () => {
    const { team } = await newBranch(db(), {
      capacity: { cpu: 90, ramGb: 90 },
      department: { cpu: 50, ramGb: 50 },
      team: { cpu: 20, ramGb: 20 },
    });
    await db().transaction((tx) => quotas().changeUsage(tx, usageOf(team.id, { cpu: 8, ramGb: 16 })));
    await expect(quotas().setTeam(centerAdmin(), limit(team.id, 8, 15))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message:
        `Team ${team.name} cannot have 15 GiB at haifa: ` +
        '16 are held by projects; the lowest possible is 16. Decommission some first.',
      details: { shortages: [{ resource: 'ram_gb', requested: 5, free: 4 }] },
    });
    await quotas().setTeam(centerAdmin(), limit(team.id, 8, 16));
    expect(await teamLimit(team.id)).toEqual({ cpu: 8, ramGb: 16 });
  });

  test('is not raised while the field has a deficit, though the department has room; using what is granted goes on', async () => {
    const { team, server } = await newBranch(db(), {
      capacity: { cpu: 90, ramGb: 90 },
      department: { cpu: 50, ramGb: 50 },
      team: { cpu: 20, ramGb: 20 },
    });
    await goOffline(server.id);
    await expect(quotas().setTeam(centerAdmin(), limit(team.id, 21, 20))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining('50 cores more there than its servers now give'),
    });
    await db().transaction((tx) => quotas().changeUsage(tx, usageOf(team.id, { cpu: 20, ramGb: 19 })));
    await quotas().setTeam(centerAdmin(), limit(team.id, 20, 19));
    expect(await teamLimit(team.id)).toEqual({ cpu: 20, ramGb: 19 });
  });

  test('is set by admins above it, and by nobody else', async () => {
    const { department, team } = await newBranch(db(), { capacity: { cpu: 10, ramGb: 10 } });
    const elsewhere = await newDepartment(db(), { fieldId: department.fieldId });
    for (const caller of [adminOf('dept_admin', elsewhere.id), adminOf('team_lead', team.id)]) {
      await expect(quotas().setTeam(caller, limit(team.id, 0, 0))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    await expect(quotas().listTeam(adminOf('dept_admin', elsewhere.id), team.id)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(quotas().setTeam(centerAdmin(), limit(randomUUID(), 0, 0))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { what: 'team' },
    });
  });

  test('is audited with its limits before and after, and a refusal is not', async () => {
    const { department, team } = await newBranch(db(), {
      capacity: { cpu: 10, ramGb: 10 },
      department: { cpu: 10, ramGb: 10 },
    });
    await quotas().setTeam(centerAdmin(), limit(team.id, 5, 6));
    await quotas()
      .setTeam(centerAdmin(), limit(team.id, 11, 6))
      .catch(() => {});
    const events = await db().select().from(auditEvents).where(eq(auditEvents.targetId, team.id));
    expect(events).toMatchObject([
      {
        action: 'team_quota.set',
        departmentId: department.id,
        teamId: team.id,
        before: { site: 'haifa', cpu_limit: 0, ram_gb_limit: 0 },
        after: { site: 'haifa', cpu_limit: 5, ram_gb_limit: 6 },
      },
    ]);
  });
});

describe('a site that is none', () => {
  const wrong = (site: string) => ({
    code: 'VALIDATION_FAILED',
    message: expect.stringMatching(
      site === 'HAIFA' ? /no site HAIFA\. Did you mean haifa\?/ : /no site nowhere\. There are/,
    ),
    details: { issues: [{ path: 'site', message: expect.stringContaining('haifa') }] },
  });

  test.each(['HAIFA', 'nowhere'])('%s is refused with those that there are, whatever the limit', async (site) => {
    const { department, team } = await newBranch(db(), {
      capacity: { cpu: 10, ramGb: 10 },
      department: { cpu: 5, ramGb: 5 },
    });
    const { setDepartment, planDepartment, setTeam, planTeam } = quotas();
    for (const cores of [0, 1]) {
      for (const act of [setDepartment, planDepartment]) {
        await expect(act(centerAdmin(), limit(department.id, cores, 0, site))).rejects.toMatchObject(wrong(site));
      }
      for (const act of [setTeam, planTeam]) {
        await expect(act(centerAdmin(), limit(team.id, cores, 0, site))).rejects.toMatchObject(wrong(site));
      }
    }
  });

  test('is told only to who may set quotas there', async () => {
    const { department, team } = await newBranch(db(), { capacity: { cpu: 10, ramGb: 10 } });
    const lead = adminOf('team_lead', team.id);
    for (const setting of [
      () => quotas().setDepartment(lead, limit(department.id, 0, 0, 'nowhere')),
      () => quotas().setTeam(lead, limit(team.id, 0, 0, 'nowhere')),
    ]) {
      await expect(setting()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  test('stays a site while quotas are granted there, though its last server is gone', async () => {
    const { department, server } = await newBranch(db(), {
      capacity: { cpu: 10, ramGb: 10 },
      department: { cpu: 5, ramGb: 5 },
      site: 'left',
    });
    await db().update(servers).set({ site: 'moved' }).where(eq(servers.id, server.id));
    await quotas().setDepartment(centerAdmin(), limit(department.id, 0, 0, 'left'));
    expect(await departmentLimit(department.id)).toEqual({ cpu: 0, ramGb: 0 });
    await expect(quotas().setDepartment(centerAdmin(), limit(department.id, 0, 0, 'left'))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });
});

test('a department’s quota of 0 where it has none writes nothing and is no change', async () => {
  const { department } = await newBranch(db(), { capacity: { cpu: 10, ramGb: 10 } });
  expect(await quotas().setDepartment(centerAdmin(), limit(department.id, 0, 0))).toMatchObject({
    ...{ id: null, cpu_limit: 0, cpu_granted: 0, cpu_parent_free: 10 },
  });
  expect(await departmentLimit(department.id)).toBeUndefined();
  expect(await db().select().from(auditEvents).where(eq(auditEvents.targetId, department.id))).toEqual([]);
});
