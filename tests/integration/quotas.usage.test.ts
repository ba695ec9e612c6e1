import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditEvents, quotaLedger, teamQuotaAllocations } from '../../db/schema/index.ts';
import { sqlState } from '../../server/platform/database.ts';
import type { UsageChange } from '../../server/quotas/quotas.service.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newBranch, newProjectRow, quotaServices, usageOf } from '../factories/quotas.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const db = () => database.db;
const quotas = () => quotaServices(db()).quotas;
const change = (what: UsageChange) => db().transaction((tx) => quotas().changeUsage(tx, what));

async function usedBy(teamId: string) {
  const [row] = await db()
    .select({ cpu: teamQuotaAllocations.cpuUsed, ramGb: teamQuotaAllocations.ramGbUsed })
    .from(teamQuotaAllocations)
    .where(eq(teamQuotaAllocations.teamId, teamId));
  return row;
}

const teamWith = (cpu: number, ramGb: number) =>
  newBranch(db(), {
    capacity: { cpu: 100, ramGb: 100 },
    department: { cpu: cpu + 40, ramGb: ramGb + 10 },
    team: { cpu, ramGb },
  });

describe('a change of usage', () => {
  test('adds to the counter, writes its ledger entry, and a release takes both back', async () => {
    const { team } = await teamWith(10, 20);
    const taken = usageOf(team.id, { cpu: 8, ramGb: 16 });
    expect(await change(taken)).toBe(true);
    expect(await usedBy(team.id)).toEqual({ cpu: 8, ramGb: 16 });
    expect(await change({ ...taken, kind: 'release', cpu: -8, ramGb: -16 })).toBe(true);
    expect(await usedBy(team.id)).toEqual({ cpu: 0, ramGb: 0 });
    const entries = await db().select().from(quotaLedger).where(eq(quotaLedger.operationId, taken.operationId));
    expect(entries.map(({ kind, cpu, ramGb }) => [kind, cpu, ramGb])).toEqual([
      ['reserve', 8, 16],
      ['release', -8, -16],
    ]);
  });

  test('that does not fit is refused with what is short and who can give more, and changes nothing', async () => {
    const { team, department } = await teamWith(10, 20);
    await expect(change(usageOf(team.id, { cpu: 22, ramGb: 20 }))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: `12 cores short at haifa: 22 asked for, 10 free. Department ${department.name} has 40 free; ask its admin.`,
      details: { site: 'haifa', resource: 'cpu', requested: 22, before: 0, after: 22, free: 10, short: 12 },
    });
    expect(await usedBy(team.id)).toEqual({ cpu: 0, ramGb: 0 });
  });

  test('names both resources when both are short', async () => {
    const { team, department } = await teamWith(10, 20);
    await expect(change(usageOf(team.id, { cpu: 11, ramGb: 24 }))).rejects.toMatchObject({
      message:
        `1 core short at haifa: 11 asked for, 10 free. Department ${department.name} has 40 free; ask its admin. ` +
        `4 GiB short at haifa: 24 asked for, 20 free. Department ${department.name} has 10 free; ask its admin.`,
      details: {
        shortages: [
          { resource: 'cpu', requested: 11, free: 10 },
          { resource: 'ram_gb', requested: 24, free: 20 },
        ],
      },
    });
  });

  test('at a site where the team has no quota finds nothing free', async () => {
    const { team } = await teamWith(10, 20);
    await expect(change(usageOf(team.id, { site: 'eilat', cpu: 2, ramGb: 4 }))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { site: 'eilat', requested: 2, free: 0 },
    });
  });

  test('that was made before answers false and changes nothing, also when the quota is full by now', async () => {
    const { team } = await teamWith(8, 16);
    const taken = usageOf(team.id, { cpu: 8, ramGb: 16 });
    expect(await change(taken)).toBe(true);
    expect(await change(taken)).toBe(false);
    expect(await usedBy(team.id)).toEqual({ cpu: 8, ramGb: 16 });
  });

  test('that is refused and caught by its caller leaves no entry in what the caller commits', async () => {
    const { team } = await teamWith(1, 1);
    const tooMuch = usageOf(team.id, { cpu: 2, ramGb: 2 });
    await db().transaction(async (tx) => {
      await quotas()
        .changeUsage(tx, tooMuch)
        .catch(() => {});
    });
    expect(await db().$count(quotaLedger, eq(quotaLedger.operationId, tooMuch.operationId))).toBe(0);
    expect(await change({ ...tooMuch, cpu: 1, ramGb: 1 })).toBe(true);
  });

  test('released twice at the same time is released once', async () => {
    const { team } = await teamWith(10, 20);
    await change(usageOf(team.id, { cpu: 5, ramGb: 5 }));
    const taken = usageOf(team.id, { cpu: 4, ramGb: 8 });
    await change(taken);
    const release = { ...taken, kind: 'release' as const, cpu: -4, ramGb: -8 };
    const answers = await Promise.all(Array.from({ length: 8 }, () => change(release)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await usedBy(team.id)).toEqual({ cpu: 5, ramGb: 5 });
  });

  test('that gives back more than is used is our bug, and stopped by the last line of defence', async () => {
    const { team } = await teamWith(10, 20);
    const refusal = await change(usageOf(team.id, { kind: 'release', cpu: -1, ramGb: -1 })).catch((e: unknown) => e);
    expect(sqlState(refusal)).toBe('23514');
    expect(await usedBy(team.id)).toEqual({ cpu: 0, ramGb: 0 });
  });

  test('may grow one resource and shrink the other', async () => {
    const { team } = await teamWith(10, 20);
    await change(usageOf(team.id, { cpu: 4, ramGb: 20 }));
    await change(usageOf(team.id, { kind: 'adjust', cpu: 6, ramGb: -10 }));
    expect(await usedBy(team.id)).toEqual({ cpu: 10, ramGb: 10 });
  });
});

describe('a preview', () => {
  test('says what is used before and after, and changes nothing', async () => {
    const { team } = await teamWith(10, 20);
    await change(usageOf(team.id, { cpu: 2, ramGb: 4 }));
    const preview = await quotas().previewUsage(db(), { teamId: team.id, site: 'haifa', cpu: 4, ramGb: 16 });
    expect(preview).toEqual({
      quota: {
        cpu: { limit: 10, used_before: 2, used_after: 6, free_after: 4 },
        ram_gb: { limit: 20, used_before: 4, used_after: 20, free_after: 0 },
      },
      refusal: undefined,
    });
    expect(await usedBy(team.id)).toEqual({ cpu: 2, ramGb: 4 });
  });

  test('of what does not fit shows how much is missing, and the very refusal that creating would meet', async () => {
    const { team } = await teamWith(10, 20);
    const ask = { teamId: team.id, site: 'haifa', cpu: 16, ramGb: 16 };
    const preview = await quotas().previewUsage(db(), ask);
    expect(preview.quota.cpu).toEqual({ limit: 10, used_before: 0, used_after: 16, free_after: -6 });
    const met = await change(usageOf(team.id, ask)).catch((error: unknown) => error);
    expect(preview.refusal).toEqual(met);
  });
});

describe('an explanation', () => {
  test('lists every entry, page by page, and the sums that equal the counters', async () => {
    const { team } = await teamWith(50, 50);
    const projectId = await newProjectRow(db(), team.id, { name: 'vision-api' });
    await change(usageOf(team.id, { projectId, cpu: 2, ramGb: 4 }));
    for (let i = 0; i < 4; i++) await change(usageOf(team.id, { cpu: 1, ramGb: 2 }));
    const lead = adminOf('team_lead', team.id);
    const first = await quotas().explain(lead, { id: team.id, site: 'haifa', limit: 3 });
    expect(first).toMatchObject({ cpu_used: 6, ram_gb_used: 12 });
    expect(first.items[0]).toMatchObject({
      project_id: projectId,
      project_name: 'vision-api',
      kind: 'reserve',
      cpu: 2,
    });
    expect(first.items[1]?.project_name).toBeNull();
    const second = await quotas().explain(lead, {
      id: team.id,
      site: 'haifa',
      limit: 3,
      cursor: first.next_cursor ?? '',
    });
    expect(second.next_cursor).toBeNull();
    const all = [...first.items, ...second.items];
    expect(new Set(all.map((entry) => entry.id)).size).toBe(5);
    expect(all.reduce((sum, entry) => sum + entry.cpu, 0)).toBe(6);
    expect(await usedBy(team.id)).toEqual({ cpu: 6, ramGb: 12 });
  });

  test('of a team without a quota at that site is empty; of another team, forbidden', async () => {
    const [mine, other] = [await teamWith(1, 1), await teamWith(1, 1)];
    const lead = adminOf('team_lead', mine.team.id);
    expect(await quotas().explain(lead, { id: mine.team.id, site: 'eilat', limit: 50 })).toEqual({
      items: [],
      next_cursor: null,
      cpu_used: 0,
      ram_gb_used: 0,
    });
    const asked = quotas().explain(lead, { id: other.team.id, site: 'haifa', limit: 50 });
    await expect(asked).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const nobody = quotas().explain(centerAdmin(), { id: randomUUID(), site: 'haifa', limit: 50 });
    await expect(nobody).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a verification', () => {
  /** A team whose counter, ledger and project say 2 cores and 4 GiB. */
  async function teamInOrder() {
    const branch = await teamWith(10, 20);
    const projectId = await newProjectRow(db(), branch.team.id, { cpu: 2, ramGb: 4 });
    await newProjectRow(db(), branch.team.id, { cpu: 8, ramGb: 16, status: 'failed' });
    await change(usageOf(branch.team.id, { projectId, cpu: 2, ramGb: 4 }));
    return branch;
  }
  const skew = (teamId: string, cpu: number) =>
    db().update(teamQuotaAllocations).set({ cpuUsed: cpu }).where(eq(teamQuotaAllocations.teamId, teamId));
  const mine = <T extends { team_id: string }>(all: T[], teamId: string) => all.filter((m) => m.team_id === teamId);

  test('finds nothing where counter, ledger and projects agree; failed projects hold nothing', async () => {
    const { team } = await teamInOrder();
    const answer = await quotas().verify(centerAdmin(), { repair: false });
    expect(answer.checked).toBeGreaterThan(0);
    expect(answer.repaired).toBe(false);
    expect(mine(answer.mismatches, team.id)).toEqual([]);
  });

  test('names a counter that drifted, and touches nothing unless asked', async () => {
    const { team } = await teamInOrder();
    await skew(team.id, 7);
    const answer = await quotas().verify(centerAdmin(), { repair: false });
    expect(mine(answer.mismatches, team.id)).toEqual([
      {
        team_quota_id: expect.any(String),
        team_id: team.id,
        team_name: team.name,
        site: 'haifa',
        resource: 'cpu',
        counter: 7,
        ledger: 2,
        projects: 2,
        repaired: false,
      },
    ]);
    expect(await usedBy(team.id)).toEqual({ cpu: 7, ramGb: 4 });
  });

  test('repairs a counter to its ledger’s sum, and writes that down', async () => {
    const { team, department, field } = await teamInOrder();
    await skew(team.id, 7);
    const answer = await quotas().verify(centerAdmin(), { repair: true });
    expect(answer.repaired).toBe(true);
    expect(mine(answer.mismatches, team.id)).toMatchObject([{ counter: 7, ledger: 2, repaired: true }]);
    expect(await usedBy(team.id)).toEqual({ cpu: 2, ramGb: 4 });
    const events = await db().select().from(auditEvents).where(eq(auditEvents.targetId, team.id));
    expect(events).toMatchObject([
      {
        action: 'quota.repair',
        fieldId: field.id,
        departmentId: department.id,
        teamId: team.id,
        before: { site: 'haifa', cpu_used: 7, ram_gb_used: 4 },
        after: { site: 'haifa', cpu_used: 2, ram_gb_used: 4 },
      },
    ]);
    const again = await quotas().verify(centerAdmin(), { repair: true });
    expect(mine(again.mismatches, team.id)).toEqual([]);
  });

  test('names, but does not touch, projects that differ from the ledger', async () => {
    const { team } = await teamInOrder();
    await newProjectRow(db(), team.id, { cpu: 1, ramGb: 1, status: 'decommissioning' });
    const answer = await quotas().verify(centerAdmin(), { repair: true });
    expect(mine(answer.mismatches, team.id)).toMatchObject([
      { resource: 'cpu', counter: 2, ledger: 2, projects: 3, repaired: false },
      { resource: 'ram_gb', counter: 4, ledger: 4, projects: 5, repaired: false },
    ]);
    expect(await usedBy(team.id)).toEqual({ cpu: 2, ramGb: 4 });
  });

  test('leaves a counter whose ledger exceeds the limit, and says that it was not repaired', async () => {
    const { team } = await teamInOrder();
    await db().execute(sql`
      update team_quota_allocations set cpu_used = 0, cpu_limit = 1 where team_id = ${team.id}`);
    const answer = await quotas().verify(centerAdmin(), { repair: true });
    expect(mine(answer.mismatches, team.id)).toMatchObject([{ counter: 0, ledger: 2, repaired: false }]);
    expect(await usedBy(team.id)).toEqual({ cpu: 0, ramGb: 4 });
  });

  test('is for center admins only', async () => {
    const { field } = await teamWith(1, 1);
    const asked = quotas().verify(adminOf('field_admin', field.id), { repair: false });
    await expect(asked).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
