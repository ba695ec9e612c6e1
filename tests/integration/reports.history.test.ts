import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  departmentQuotaAllocations,
  fieldServerAllocations,
  teamQuotaAllocations,
  usageSnapshots,
} from '../../db/schema/index.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { type HistoryInput, historyInput, historyOutput } from '../../server/reports/reports.schema.ts';
import { createReportsService } from '../../server/reports/reports.service.ts';
import { adminOf, callerWith, centerAdmin } from '../factories/caller.ts';
import { newCenter, newDepartment, newField, newServer, newTeam } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

/**
 * Center North: field Vision has 64 cores at haifa and 32 at eilat, granted 50 at haifa to Detection, of which team Cats
 * has 30 and uses 8. Center South: field Audio has 40 at haifa, granted 20 to Speech, which gave none of it away.
 */
let database: TestDatabase;
let reports: ReturnType<typeof createReportsService>;
const ids = { north: '', south: '', vision: '', audio: '', detection: '', speech: '', cats: '', audioServer: '' };

beforeAll(async () => {
  database = await freshDatabase();
  reports = createReportsService(database);
  const { db } = database;
  ids.north = (await newCenter(db)).id;
  ids.south = (await newCenter(db)).id;
  ids.vision = (await newField(db, { centerId: ids.north })).id;
  ids.audio = (await newField(db, { centerId: ids.south })).id;
  ids.detection = (await newDepartment(db, { fieldId: ids.vision })).id;
  ids.speech = (await newDepartment(db, { fieldId: ids.audio })).id;
  ids.cats = (await newTeam(db, { departmentId: ids.detection })).id;
  await newServer(db, { fieldId: ids.vision, site: 'haifa', cpu: 64, ramGb: 256 });
  await newServer(db, { fieldId: ids.vision, site: 'eilat', cpu: 32, ramGb: 128 });
  ids.audioServer = (await newServer(db, { fieldId: ids.audio, site: 'haifa', cpu: 40, ramGb: 160 })).id;
  await db.insert(departmentQuotaAllocations).values([
    { departmentId: ids.detection, site: 'haifa', cpuLimit: 50, ramGbLimit: 200 },
    { departmentId: ids.speech, site: 'haifa', cpuLimit: 20, ramGbLimit: 80 },
  ]);
  await db
    .insert(teamQuotaAllocations)
    .values([{ teamId: ids.cats, site: 'haifa', cpuLimit: 30, ramGbLimit: 120, cpuUsed: 8, ramGbUsed: 32 }]);
});
beforeEach(() => database.db.delete(usageSnapshots));
afterAll(() => database.drop());

/** A day as the database writes it: 0 is today, 1 was yesterday. */
async function day(ago: number): Promise<string> {
  const { rows } = await database.db.execute<{ day: string }>(
    sql`select ((now() at time zone 'utc')::date - ${ago}::int)::text as day`,
  );
  return rows[0]?.day ?? '';
}

/** As if the snapshots of today had been taken so many days ago. */
const age = (days: number) => database.db.execute(sql`update usage_snapshots set day = day - ${days}::int`);
const history = (caller: Caller, input: Partial<HistoryInput> = {}) =>
  reports.history(caller, historyInput.parse(input));
const cpuOf = async (caller: Caller, input: Partial<HistoryInput> = {}) => {
  const { items } = await history(caller, input);
  return items.map((row) => [row.day, row.site, row.cpu_online, row.cpu_granted, row.cpu_used]);
};
const stored = () =>
  database.db
    .select({
      level: usageSnapshots.level,
      id: usageSnapshots.nodeId,
      site: usageSnapshots.site,
      cpu: usageSnapshots.cpuLimit,
    })
    .from(usageSnapshots)
    .orderBy(usageSnapshots.level, usageSnapshots.site, usageSnapshots.cpuLimit);

describe('a snapshot', () => {
  test('holds every node at every site where it has something', async () => {
    await reports.takeSnapshot();
    expect(await stored()).toEqual([
      { level: 'department', id: ids.speech, site: 'haifa', cpu: 20 },
      { level: 'department', id: ids.detection, site: 'haifa', cpu: 50 },
      { level: 'field', id: ids.vision, site: 'eilat', cpu: 32 },
      { level: 'field', id: ids.audio, site: 'haifa', cpu: 40 },
      { level: 'field', id: ids.vision, site: 'haifa', cpu: 64 },
      { level: 'team', id: ids.cats, site: 'haifa', cpu: 30 },
    ]);
  });

  test('taken again on the same day changes nothing, and does not even write what is the same', async () => {
    const versions = async () =>
      (await database.db.execute(sql`select xmin::text, * from usage_snapshots order by node_id, site`)).rows;
    await reports.takeSnapshot();
    const first = await versions();
    await reports.takeSnapshot();
    expect(await versions()).toEqual(first);
  });

  test('taken by two at the same time is one', async () => {
    await Promise.all([reports.takeSnapshot(), reports.takeSnapshot()]);
    expect(await stored()).toHaveLength(6);
  });

  test('taken again later on the day is what is then', async () => {
    await reports.takeSnapshot();
    const ofCats = eq(teamQuotaAllocations.teamId, ids.cats);
    await database.db.update(teamQuotaAllocations).set({ cpuUsed: 10 }).where(ofCats);
    await reports.takeSnapshot();
    await database.db.update(teamQuotaAllocations).set({ cpuUsed: 8 }).where(ofCats);
    await age(1);
    const yesterday = await day(1);
    expect(await cpuOf(adminOf('team_lead', ids.cats))).toEqual([
      [yesterday, 'haifa', 30, 30, 10],
      [await day(0), 'haifa', 30, 30, 8],
    ]);
  });

  test('forgets what moved elsewhere on the day, so that it is not counted twice', async () => {
    const server = eq(fieldServerAllocations.serverId, ids.audioServer);
    const speech = eq(departmentQuotaAllocations.departmentId, ids.speech);
    await reports.takeSnapshot();
    await database.db.delete(departmentQuotaAllocations).where(speech);
    await database.db.update(fieldServerAllocations).set({ fieldId: ids.vision }).where(server);
    await reports.takeSnapshot();
    await age(1);
    await database.db.update(fieldServerAllocations).set({ fieldId: ids.audio }).where(server);
    await database.db
      .insert(departmentQuotaAllocations)
      .values({ departmentId: ids.speech, site: 'haifa', cpuLimit: 20, ramGbLimit: 80 });
    const yesterday = await day(1);
    expect((await cpuOf(centerAdmin(), { site: 'haifa' }))[0]).toEqual([yesterday, 'haifa', 104, 50, 8]);
    expect(await cpuOf(centerAdmin(), { level: 'field', id: ids.audio })).toEqual([[await day(0), 'haifa', 40, 20, 0]]);
  });

  test('leaves the days before alone', async () => {
    await reports.takeSnapshot();
    await age(1);
    const before = await stored();
    await reports.takeSnapshot();
    const ofYesterday = and(eq(usageSnapshots.day, await day(1)), eq(usageSnapshots.level, 'field'));
    expect(before).toHaveLength(6);
    expect(await stored()).toHaveLength(12);
    expect(await database.db.select().from(usageSnapshots).where(ofYesterday)).toHaveLength(3);
  });
});

describe('a history', () => {
  test('has the API’s shape, and every number of a day', async () => {
    const answer = await history(adminOf('team_lead', ids.cats));
    expect(historyOutput.parse(answer)).toEqual(answer);
    expect(answer.items).toEqual([
      {
        ...{ day: await day(0), site: 'haifa' },
        ...{ cpu_online: 30, cpu_granted: 30, cpu_used: 8 },
        ...{ ram_gb_online: 120, ram_gb_granted: 120, ram_gb_used: 32 },
      },
    ]);
  });

  test('of today is live, whatever was kept of today', async () => {
    await reports.takeSnapshot();
    await database.db.update(usageSnapshots).set({ cpuUsed: 7777 });
    expect(await cpuOf(adminOf('team_lead', ids.cats))).toEqual([[await day(0), 'haifa', 30, 30, 8]]);
  });

  test('goes from the oldest day to today, and leaves out days of which nothing is known', async () => {
    await reports.takeSnapshot();
    await age(2);
    await reports.takeSnapshot();
    await age(3);
    expect((await cpuOf(adminOf('team_lead', ids.cats))).map(([when]) => when)).toEqual([
      await day(5),
      await day(3),
      await day(0),
    ]);
  });

  test('goes back as many days as are asked for, today included', async () => {
    await reports.takeSnapshot();
    await age(1);
    const days = async (n: number) => (await cpuOf(adminOf('team_lead', ids.cats), { days: n })).length;
    expect(await days(1)).toBe(1);
    expect(await days(2)).toBe(2);
  });

  test('of one site tells nothing of the others', async () => {
    await reports.takeSnapshot();
    await age(1);
    const sites = (await cpuOf(centerAdmin(), { site: 'eilat' })).map(([, site]) => site);
    expect(sites).toEqual(['eilat', 'eilat']);
  });

  const everybody: [string, () => Caller][] = [
    ['a center admin', () => centerAdmin()],
    ['a field admin', () => adminOf('field_admin', ids.vision)],
    ['a department admin', () => adminOf('dept_admin', ids.detection)],
    ['a team lead', () => adminOf('team_lead', ids.cats)],
    [
      'an admin of a field who leads a team in it',
      () => callerWith({ role: 'team_lead', scope_id: ids.cats }, { role: 'field_admin', scope_id: ids.vision }),
    ],
    [
      'an admin of a department who leads a team in it',
      () => callerWith({ role: 'team_lead', scope_id: ids.cats }, { role: 'dept_admin', scope_id: ids.detection }),
    ],
    [
      'who has grants that lie in each other',
      () =>
        callerWith(
          { role: 'field_admin', scope_id: ids.vision },
          { role: 'dept_admin', scope_id: ids.detection },
          { role: 'team_lead', scope_id: ids.cats },
          { role: 'team_lead', scope_id: ids.cats },
          { role: 'dept_admin', scope_id: ids.speech },
        ),
    ],
    ['who has no grant', () => callerWith()],
  ];

  test.each(everybody)('of everything that %s sees adds up to the totals of the usage report', async (_, caller) => {
    await reports.takeSnapshot();
    await age(1);
    const { sites } = await reports.usage(caller(), {});
    const totals = sites.map((s) => [s.site, s.cpu_online, s.cpu_granted, s.cpu_used]);
    const [today, yesterday] = [await day(0), await day(1)];
    expect(await cpuOf(caller())).toEqual(
      [yesterday, today].flatMap((when) => totals.map((total) => [when, ...total])),
    );
  });

  test('of a center, field, department or team is its own', async () => {
    await reports.takeSnapshot();
    await age(1);
    const of = async (level: HistoryInput['level'], id: string) =>
      (await cpuOf(centerAdmin(), { level, id, site: 'haifa' })).map(([, , ...amounts]) => amounts);
    const twice = <T>(amounts: T) => [amounts, amounts];
    expect(await of('center', ids.south)).toEqual(twice([40, 20, 0]));
    expect(await of('field', ids.vision)).toEqual(twice([64, 50, 8]));
    expect(await of('department', ids.detection)).toEqual(twice([50, 30, 8]));
    expect(await of('team', ids.cats)).toEqual(twice([30, 30, 8]));
  });

  test('of the whole still counts what a field had before it was deleted', async () => {
    const gone = { level: 'field' as const, nodeId: randomUUID(), parentId: ids.south, site: 'haifa' };
    const amounts = { cpuLimit: 5, cpuGranted: 4, cpuUsed: 3, ramGbLimit: 2, ramGbGranted: 1, ramGbUsed: 0 };
    await database.db.insert(usageSnapshots).values({ ...gone, ...amounts, day: await day(9) });
    const then = [[await day(9), 'haifa', 5, 4, 3]];
    expect((await cpuOf(centerAdmin())).slice(0, 1)).toEqual(then);
    expect((await cpuOf(centerAdmin(), { level: 'center', id: ids.south })).slice(0, 1)).toEqual(then);
    expect(await cpuOf(centerAdmin(), { level: 'center', id: ids.north, days: 400 })).not.toContainEqual(then[0]);
  });

  const others: [string, HistoryInput['level'], () => [Caller, string]][] = [
    ['a field admin', 'field', () => [adminOf('field_admin', ids.vision), ids.audio]],
    ['a field admin', 'center', () => [adminOf('field_admin', ids.vision), ids.north]],
    ['a department admin', 'field', () => [adminOf('dept_admin', ids.detection), ids.vision]],
    ['a team lead', 'department', () => [adminOf('team_lead', ids.cats), ids.detection]],
  ];
  test.each(others)('is refused to %s for a %s that is not in scope', async (_, level, make) => {
    const [caller, id] = make();
    await expect(history(caller, { level, id })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('of what does not exist is not found', async () => {
    for (const level of ['center', 'field', 'department', 'team'] as const) {
      await expect(history(centerAdmin(), { level, id: randomUUID() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  test('is asked for with level and id together, and 1 to 400 days', () => {
    const accepts = (input: unknown) => historyInput.safeParse(input).success;
    expect(historyInput.parse({})).toEqual({ days: 90 });
    expect(accepts({ level: 'team', id: ids.cats, days: 400 })).toBe(true);
    expect(accepts({ level: 'team' })).toBe(false);
    expect(accepts({ id: ids.cats })).toBe(false);
    expect([0, 401, 1.5].some((days) => accepts({ days }))).toBe(false);
  });
});
