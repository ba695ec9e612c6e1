import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { auditEvents, departmentQuotaAllocations, servers, syncRuns } from '../../db/schema/index.ts';
import type { InventoryServer } from '../../server/adapters/inventory/inventory.port.ts';
import { systemClock } from '../../server/platform/clock.ts';
import { openDatabase } from '../../server/platform/database.ts';
import { UpstreamError } from '../../server/platform/errors.ts';
import { createLog } from '../../server/platform/log.ts';
import { createServersService } from '../../server/servers/servers.service.ts';
import { createSyncService } from '../../server/servers/sync.service.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newDepartment, newField } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { fleetOf, scriptedInventory } from '../support/inventories.ts';
import { recordingLog } from '../support/log.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await database.db.execute(sql`truncate sync_runs, servers cascade`);
});
afterAll(() => database.drop());

const admin = centerAdmin();

/** A sync of this fleet's inventory, which can be told what to answer next. */
function syncOf(fleet: InventoryServer[] = [], { intervalMinutes = 15 } = {}) {
  const script = scriptedInventory(fleet);
  const { log, lines } = recordingLog();
  const { db, pool } = database;
  const settings = {
    SYNC_INTERVAL_MINUTES: intervalMinutes,
    SYNC_MAX_OFFLINE_PERCENT: 10,
    PERFORMANCE_TIER_CPU_THRESHOLD: 64,
  };
  const sync = createSyncService({ db, pool, inventory: script.inventory, clock: systemClock, log, settings });
  const levels = () => lines.map((line) => /"level":"(\w+)"/.exec(line)?.[1]);
  return {
    script,
    sync,
    log,
    lines,
    levels,
    syncNow: (confirm_run_id?: string) => sync.syncNow(admin, { confirm_run_id }),
    /** The run that failed, and how the caller was told. */
    failedSync: async (confirm_run_id?: string) => {
      const error: unknown = await sync.syncNow(admin, { confirm_run_id }).catch((thrown: unknown) => thrown);
      const { code, message, details } = z
        .object({ code: z.string(), message: z.string(), details: z.object({ run_id: z.uuid() }) })
        .parse(error);
      const { items } = await sync.listRuns(admin, { limit: 50 });
      const run = items.find(({ id }) => id === details.run_id);
      if (!run) throw new Error('the run is not kept');
      return { code, message, run };
    },
  };
}

/** Every column of every server, and what PostgreSQL knows of each row: equal means that nothing was written or locked. */
async function rowsOfServers(): Promise<unknown[]> {
  const { rows } = await database.db.execute(
    sql`select *, xmin::text as written_by, xmax::text as locked_by, ctid::text as place from servers order by name`,
  );
  return rows;
}

const serverNamed = async (name: string) => {
  const [row] = await database.db.select().from(servers).where(eq(servers.name, name));
  if (!row) throw new Error(`no server ${name}`);
  return row;
};
const offline = async () => {
  const rows = await database.db.select({ name: servers.name }).from(servers).where(eq(servers.status, 'offline'));
  return rows.map(({ name }) => name).sort();
};
const eventsOf = (runId: string) => database.db.select().from(auditEvents).where(eq(auditEvents.targetId, runId));
const lastSeen = async (name: string) => {
  const { id } = await serverNamed(name);
  return (await createServersService({ db: database.db }).get(admin, id)).last_seen_at;
};

describe('a sync', () => {
  test('adds what is new, updates what differs, and counts both, the new ones also by themselves', async () => {
    const { script, syncNow } = syncOf(fleetOf(3));
    expect(await syncNow()).toMatchObject({
      outcome: 'succeeded',
      synced: 3,
      updated: 3,
      added: 3,
      marked_offline: 0,
      error: null,
    });
    const [first, ...rest] = fleetOf(4);
    script.answers([{ ...first, name: 's0', site: 'tel-aviv', cpu: 32, ramGb: 128 }, ...rest]);
    expect(await syncNow()).toMatchObject({ synced: 4, updated: 2, added: 1 });
    expect(await serverNamed('s0')).toMatchObject({
      site: 'tel-aviv',
      cpu: 32,
      ramGb: 128,
      performanceTier: 'regular',
      status: 'online',
    });
    expect(await serverNamed('s3')).toMatchObject({ cpu: 64, performanceTier: 'high_performance' });
  });

  test('marks offline what is not named, deletes nothing, and takes it back when it is named again', async () => {
    const { script, syncNow } = syncOf(fleetOf(3));
    await syncNow();
    script.answers(fleetOf(2));
    expect(await syncNow()).toMatchObject({ outcome: 'succeeded', updated: 0, marked_offline: 1 });
    expect(await offline()).toEqual(['s2']);
    expect(await syncNow()).toMatchObject({ marked_offline: 0 });
    script.answers(fleetOf(3));
    expect(await syncNow()).toMatchObject({ updated: 1, added: 0, marked_offline: 0 });
    expect(await offline()).toEqual([]);
  });

  test('leaves allocation and quota alone when a server shrinks or goes offline below what is granted', async () => {
    const { script, syncNow } = syncOf(fleetOf(2));
    await syncNow();
    const field = await newField(database.db);
    const department = await newDepartment(database.db, { fieldId: field.id });
    const { id: serverId } = await serverNamed('s0');
    await database.db.execute(
      sql`insert into field_server_allocations (field_id, server_id) values (${field.id}, ${serverId})`,
    );
    const quota = { departmentId: department.id, site: 'haifa', cpuLimit: 64, ramGbLimit: 256 };
    await database.db.insert(departmentQuotaAllocations).values(quota);
    script.answers(fleetOf(1, { cpu: 8, ramGb: 16 }));
    expect(await syncNow()).toMatchObject({ outcome: 'succeeded', updated: 1, marked_offline: 1 });
    script.answers(fleetOf(2).slice(1));
    expect(await syncNow()).toMatchObject({ outcome: 'succeeded', marked_offline: 1 });
    expect(await serverNamed('s0')).toMatchObject({ cpu: 8, status: 'offline' });
    const kept = await database.db
      .select()
      .from(departmentQuotaAllocations)
      .where(eq(departmentQuotaAllocations.departmentId, department.id));
    expect(kept).toMatchObject([quota]);
  });

  test('writes and locks nothing for 10,000 servers that are as they were', async () => {
    const { syncNow } = syncOf(fleetOf(10_000));
    expect(await syncNow()).toMatchObject({ synced: 10_000, updated: 10_000 });
    const before = await rowsOfServers();
    expect(await syncNow()).toMatchObject({ outcome: 'succeeded', synced: 10_000, updated: 0, marked_offline: 0 });
    expect(await rowsOfServers()).toEqual(before);
  });

  test('changes the tier when the threshold has moved', async () => {
    const { script, log, syncNow } = syncOf(fleetOf(1));
    await syncNow();
    const { db, pool } = database;
    const settings = { SYNC_INTERVAL_MINUTES: 15, SYNC_MAX_OFFLINE_PERCENT: 10, PERFORMANCE_TIER_CPU_THRESHOLD: 65 };
    const moved = createSyncService({ db, pool, inventory: script.inventory, clock: systemClock, log, settings });
    expect(await moved.syncNow(admin, {})).toMatchObject({ updated: 1 });
    expect(await serverNamed('s0')).toMatchObject({ performanceTier: 'regular' });
  });

  test('is for center admins only', async () => {
    const { script, sync } = syncOf(fleetOf(1));
    const fieldAdmin = adminOf('field_admin', (await newField(database.db)).id);
    await expect(sync.syncNow(fieldAdmin, {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(sync.listRuns(fieldAdmin, { limit: 50 })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(script.reads).toBe(0);
  });
});

describe('a bad answer', () => {
  test('that is a failure of the inventory changes nothing, and is recorded and logged as an error', async () => {
    const { script, lines, levels, syncNow, failedSync } = syncOf(fleetOf(30));
    await syncNow();
    const before = await rowsOfServers();
    script.fails(new UpstreamError('UPSTREAM_FAILED', 'The inventory is on fire. Put it out.'));
    const { run, ...told } = await failedSync();
    expect(told).toEqual({ code: 'UPSTREAM_FAILED', message: 'The inventory is on fire. Put it out.' });
    expect(run).toMatchObject({
      outcome: 'failed',
      synced: 0,
      updated: 0,
      error: 'The inventory is on fire. Put it out.',
    });
    expect(run.finished_at).not.toBeNull();
    expect(await rowsOfServers()).toEqual(before);
    expect(levels().at(-1)).toBe('error');
    expect(lines.at(-1)).toContain('The inventory is on fire');
    expect(await eventsOf(run.id)).toMatchObject([{ action: 'servers.sync', after: { outcome: 'failed' } }]);
  });

  test('that nobody foresaw is told in the log, and not to the admin', async () => {
    const { script, lines, failedSync } = syncOf(fleetOf(1));
    script.fails(new TypeError('secret inside'));
    const { run, code } = await failedSync();
    expect(code).toBe('INTERNAL');
    expect(run.error).toContain('An unexpected error stopped the sync');
    expect(run.error).not.toContain('secret inside');
    expect(lines.join()).toContain('secret inside');
  });

  test('without a server changes nothing', async () => {
    const { script, syncNow, failedSync } = syncOf(fleetOf(3));
    await syncNow();
    const before = await rowsOfServers();
    script.answers([]);
    expect(await failedSync()).toMatchObject({
      code: 'UPSTREAM_FAILED',
      run: { outcome: 'failed', error: expect.stringContaining('without a single server') },
    });
    expect(await rowsOfServers()).toEqual(before);
  });

  test('of which more than 5 % cannot be used changes nothing, and lists the rows', async () => {
    const { script, syncNow, failedSync } = syncOf(fleetOf(30));
    await syncNow();
    const before = await rowsOfServers();
    const rejected = [
      { name: 's28', reason: 'cpu: is missing' },
      { name: null, reason: 'name: is missing' },
    ];
    script.answers(fleetOf(28, { cpu: 128 }), rejected);
    expect((await failedSync()).run).toMatchObject({
      outcome: 'failed',
      updated: 0,
      quarantined: 2,
      quarantined_rows: rejected,
    });
    expect(await rowsOfServers()).toEqual(before);
  });

  test('in part is quarantined: rows that cannot be used and names that come twice leave their servers as they were', async () => {
    const { script, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    const twins = [
      { name: 's98', site: 'tel-aviv', cpu: 1, ramGb: 1 },
      { name: 's98', site: 'haifa', cpu: 2, ramGb: 2 },
    ];
    script.answers([...fleetOf(98), ...twins], [{ name: 's99', reason: 'cpu: is missing' }]);
    expect(await syncNow()).toMatchObject({
      outcome: 'succeeded',
      synced: 98,
      updated: 0,
      marked_offline: 0,
      quarantined: 3,
      quarantined_rows: expect.arrayContaining([
        { name: 's99', reason: 'cpu: is missing' },
        { name: 's98', reason: 'is named 2 times; give each server a name of its own' },
      ]),
    });
    for (const name of ['s98', 's99']) expect(await serverNamed(name)).toMatchObject({ cpu: 64, status: 'online' });
  });

  test('keeps at most 200 of its bad rows, and counts all', async () => {
    const { script, failedSync } = syncOf();
    script.answers([], Array(500).fill({ name: null, reason: 'is missing' }));
    const { run } = await failedSync();
    expect(run.quarantined).toBe(500);
    expect(run.quarantined_rows).toHaveLength(200);
  });
});

describe('when many vanish at once', () => {
  test('11 of 100 are withheld while the rest is applied, and an admin is told what to do', async () => {
    const { script, levels, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    script.answers([...fleetOf(89), { name: 'new', site: 'haifa', cpu: 1, ramGb: 1 }]);
    const run = await syncNow();
    expect(run).toMatchObject({ outcome: 'withheld', synced: 90, updated: 1, marked_offline: 0, withheld_offline: 11 });
    expect(run.error).toMatch(/^11 of 100 online servers are missing .* confirm this run/);
    expect(await offline()).toEqual([]);
    expect(levels().at(-1)).toBe('warn');
  });

  test.each([
    [9, 100],
    [10, 100],
    [3, 5],
    [10, 11],
  ])('%i of %i go offline at once', async (gone, all) => {
    const { script, syncNow } = syncOf(fleetOf(all));
    await syncNow();
    script.answers(fleetOf(all - gone));
    expect(await syncNow()).toMatchObject({ outcome: 'succeeded', marked_offline: gone });
  });

  test('servers that are offline already are not counted again', async () => {
    const { script, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    script.answers(fleetOf(90));
    await syncNow();
    script.answers(fleetOf(81));
    expect(await syncNow()).toMatchObject({ outcome: 'succeeded', marked_offline: 9 });
  });

  test('servers in quarantine are not counted as missing', async () => {
    const { script, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    const bad = ['s87', 's88', 's89', 's90'].map((name) => ({ name, reason: 'cpu: is missing' }));
    script.answers(fleetOf(87), bad);
    expect(await syncNow()).toMatchObject({ outcome: 'succeeded', marked_offline: 9, quarantined: 4 });
  });

  test('a confirmation reads again and marks what is missing now', async () => {
    const { script, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    script.answers(fleetOf(80));
    const withheld = await syncNow();
    script.answers(fleetOf(85));
    const confirmed = await syncNow(withheld.id);
    expect(confirmed).toMatchObject({ trigger: 'confirmation', outcome: 'succeeded', marked_offline: 15 });
    const [run] = await database.db.select().from(syncRuns).where(eq(syncRuns.id, withheld.id));
    expect(run).toMatchObject({ outcome: 'withheld', confirmedBy: admin.sub, confirmedAt: expect.any(String) });
    expect(await eventsOf(confirmed.id)).toMatchObject([
      { actor: admin.sub, requestId: admin.requestId, after: { marked_offline: 15, confirmed_run_id: withheld.id } },
    ]);
    await expect(syncNow(withheld.id)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  test('a confirmation allows no more than the run it confirms has shown', async () => {
    const { script, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    script.answers(fleetOf(80));
    const shown = await syncNow();
    script.answers(fleetOf(79));
    const more = await syncNow(shown.id);
    expect(more).toMatchObject({ outcome: 'withheld', withheld_offline: 21, marked_offline: 0 });
    expect(await syncNow(more.id)).toMatchObject({ outcome: 'succeeded', marked_offline: 21 });
  });

  test('a confirmation whose reading fails confirms nothing, and can be given again', async () => {
    const { script, syncNow, failedSync } = syncOf(fleetOf(100));
    await syncNow();
    script.answers(fleetOf(80));
    const withheld = await syncNow();
    script.fails(new UpstreamError('UPSTREAM_TIMEOUT', 'Too slow.'));
    expect(await failedSync(withheld.id)).toMatchObject({ code: 'UPSTREAM_TIMEOUT', run: { outcome: 'failed' } });
    script.answers(fleetOf(80));
    expect(await syncNow(withheld.id)).toMatchObject({ outcome: 'succeeded', marked_offline: 20 });
  });

  test('only the newest of them waits for somebody, until a success has settled it; a failure settles nothing', async () => {
    const { script, sync, syncNow, failedSync } = syncOf(fleetOf(100));
    const waiting = async () => {
      const { items } = await sync.listRuns(admin, { limit: 50 });
      return items.filter((run) => run.needs_confirmation).map(({ id }) => id);
    };
    await syncNow();
    script.answers(fleetOf(80));
    expect(await syncNow()).toMatchObject({ needs_confirmation: true });
    const newest = await syncNow();
    expect(await waiting()).toEqual([newest.id]);
    script.fails(new UpstreamError('UPSTREAM_FAILED', 'On fire.'));
    await failedSync();
    expect(await waiting()).toEqual([newest.id]);
    script.answers(fleetOf(100));
    await syncNow();
    expect(await waiting()).toEqual([]);
  });

  test('a run that was withheld again cannot be confirmed with its own number: the newest tells how many are missing', async () => {
    const { script, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    script.answers(fleetOf(40));
    const older = await syncNow();
    script.answers(fleetOf(70));
    const newest = await syncNow();
    await expect(syncNow(older.id)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(await offline()).toEqual([]);
    expect(await syncNow(newest.id)).toMatchObject({ outcome: 'succeeded', marked_offline: 30 });
  });

  test('a run that a later success has settled cannot be confirmed any more', async () => {
    const { script, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    script.answers(fleetOf(80));
    const withheld = await syncNow();
    script.answers(fleetOf(100));
    const settled = await syncNow();
    script.answers(fleetOf(80));
    for (const id of [withheld.id, settled.id]) {
      await expect(syncNow(id)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    }
    await expect(syncNow(crypto.randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await offline()).toEqual([]);
  });
});

describe('when a server was last seen', () => {
  test('is the last run that named it, though no row is written for that', async () => {
    const { script, syncNow } = syncOf(fleetOf(2));
    await syncNow();
    const second = await syncNow();
    expect(await lastSeen('s1')).toBe(second.started_at);
    script.answers(fleetOf(1));
    const third = await syncNow();
    const fourth = await syncNow();
    expect(await lastSeen('s0')).toBe(fourth.started_at);
    expect(await lastSeen('s1')).toBe(second.started_at);
    expect(third.marked_offline).toBe(1);
  });

  test('does not move with a run that failed', async () => {
    const { script, syncNow, failedSync } = syncOf(fleetOf(1));
    await syncNow();
    const good = await syncNow();
    script.answers([]);
    await failedSync();
    expect(await lastSeen('s0')).toBe(good.started_at);
  });

  test('tells the missing from the named while their offline marks are withheld, and after', async () => {
    const { script, syncNow } = syncOf(fleetOf(100));
    await syncNow();
    const good = await syncNow();
    script.answers(fleetOf(80));
    const withheld = await syncNow();
    expect(await lastSeen('s0')).toBe(withheld.started_at);
    expect(await lastSeen('s99')).toBe(good.started_at);
    const confirmed = await syncNow(withheld.id);
    expect(await lastSeen('s0')).toBe(confirmed.started_at);
    expect(await lastSeen('s99')).toBe(good.started_at);
  });
});

describe('one at a time', () => {
  test('of two replicas that sync at once, one runs and the other is told since when', async () => {
    const { script, log, sync } = syncOf(fleetOf(5));
    const other = openDatabase({ url: database.url, poolSize: 4, log: createLog('silent') });
    const settings = { SYNC_INTERVAL_MINUTES: 15, SYNC_MAX_OFFLINE_PERCENT: 10, PERFORMANCE_TIER_CPU_THRESHOLD: 64 };
    const parts = { ...other, inventory: script.inventory, clock: systemClock, log, settings };
    const replica = createSyncService(parts);
    const letGo = script.hold();
    const first = sync.syncNow(admin, {});
    await expect.poll(() => script.reads).toBe(1);
    const [running] = await database.db.select().from(syncRuns);
    const refused = { code: 'SYNC_IN_PROGRESS', details: { since: running?.startedAt, run_id: running?.id } };
    await expect(replica.syncNow(admin, {})).rejects.toMatchObject(refused);
    await expect(sync.syncNow(admin, {})).rejects.toMatchObject(refused);
    letGo();
    expect(await first).toMatchObject({ outcome: 'succeeded', synced: 5 });
    expect(await replica.syncNow(admin, {})).toMatchObject({ outcome: 'succeeded', updated: 0 });
    expect(script.reads).toBe(2);
    await other.close();
  });

  test('gives the connection of its lock back, so that no run has to open one', async () => {
    const { syncNow } = syncOf(fleetOf(1));
    await syncNow();
    const opened: unknown[] = [];
    const note = (client: unknown) => opened.push(client);
    database.pool.on('connect', note);
    for (let run = 0; run < 12; run++) await syncNow();
    database.pool.off('connect', note);
    expect(opened).toEqual([]);
  });

  test('a run whose process died is failed by the next one, which then runs', async () => {
    const { lines, syncNow } = syncOf(fleetOf(1));
    const [lost] = await database.db
      .insert(syncRuns)
      .values({ trigger: 'schedule', requestedBy: 'system:sync', requestId: crypto.randomUUID(), outcome: 'running' })
      .returning();
    expect(await syncNow()).toMatchObject({ outcome: 'succeeded' });
    const [found] = await database.db
      .select()
      .from(syncRuns)
      .where(eq(syncRuns.id, lost?.id ?? ''));
    expect(found).toMatchObject({ outcome: 'failed', error: expect.stringContaining('The process stopped') });
    expect(lines.join()).toContain('a sync was lost with its process');
  });

  test('a run that was taken for lost while it read changes nothing when it comes back', async () => {
    const { script, sync } = syncOf(fleetOf(5));
    const letGo = script.hold();
    const zombie = sync.syncNow(admin, {});
    await expect.poll(() => script.reads).toBe(1);
    await database.db.update(syncRuns).set({ outcome: 'failed', error: 'The process stopped' });
    letGo();
    await expect(zombie).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(await rowsOfServers()).toEqual([]);
  });

  test('the lock goes with its connection, and the run without it is fenced off', async () => {
    const { script, sync, syncNow } = syncOf(fleetOf(5));
    const letGo = script.hold();
    const zombie = sync.syncNow(admin, {}).catch((error: unknown) => error);
    await expect.poll(() => script.reads).toBe(1);
    await database.db.execute(sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database()) and pid <> pg_backend_pid()`);
    const successor = syncOf(fleetOf(3));
    await expect
      .poll(() =>
        successor.syncNow().then(
          (run) => run.outcome,
          () => 'refused',
        ),
      )
      .toBe('succeeded');
    letGo();
    expect(await zombie).toMatchObject({ code: 'INVALID_STATE' });
    expect(await rowsOfServers()).toHaveLength(3);
    await expect(syncNow()).resolves.toMatchObject({ synced: 5 });
  });
});
