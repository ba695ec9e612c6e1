import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { auditEvents, syncRuns } from '../../db/schema/index.ts';
import { openDatabase } from '../../server/platform/database.ts';
import { UpstreamError } from '../../server/platform/errors.ts';
import { createSyncService } from '../../server/servers/sync.service.ts';
import { centerAdmin } from '../factories/caller.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { fleetOf, scriptedInventory } from '../support/inventories.ts';
import { recordingLog } from '../support/log.ts';

let database: TestDatabase;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: new Date('2026-03-01T12:00:00.500Z') });
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(stops.splice(0).map((stop) => stop()));
  await database.db.execute(sql`truncate sync_runs, servers cascade`);
});
afterAll(() => database.drop());

const clock = { now: () => new Date() };

/** A replica with a pool of its own and the schedule of every 15 minutes, started. */
function replicaOf(script: ReturnType<typeof scriptedInventory>) {
  const { log, lines } = recordingLog();
  const own = openDatabase({ url: database.url, poolSize: 4, log });
  const settings = { SYNC_INTERVAL_MINUTES: 15, SYNC_MAX_OFFLINE_PERCENT: 10, PERFORMANCE_TIER_CPU_THRESHOLD: 64 };
  const sync = createSyncService({ ...own, inventory: script.inventory, clock, log, settings });
  stops.push(async () => {
    await sync.stop();
    await own.close();
  });
  sync.start();
  return { sync, lines };
}

const runs = () => database.db.select().from(syncRuns);
const finished = async () => (await runs()).filter((run) => run.outcome !== 'running');
const nextTick = () => vi.advanceTimersByTimeAsync(15 * 60_000);
/** The schedule goes by fake time, the database by its own: a run moves into the past for it. */
const letTimePass = () =>
  database.db.execute(sql`update sync_runs set started_at = started_at - interval '15 minutes'`);

test('every replica says the same next time: a whole multiple of the interval', async () => {
  const script = scriptedInventory(fleetOf(1));
  const replicas = [replicaOf(script), replicaOf(script)];
  for (const { sync } of replicas) {
    expect((await sync.listRuns(centerAdmin(), { limit: 50 })).next_run_at).toBe('2026-03-01T12:15:00.000Z');
  }
});

test('of five replicas that tick together, one runs', async () => {
  const script = scriptedInventory(fleetOf(3));
  const replicas = Array.from({ length: 5 }, () => replicaOf(script));
  await nextTick();
  await vi.waitFor(async () => expect(await finished()).toHaveLength(1));
  await Promise.all(replicas.map(({ sync }) => sync.stop()));
  expect(await runs()).toMatchObject([{ trigger: 'schedule', requestedBy: 'system:sync', outcome: 'succeeded' }]);
  expect(script.reads).toBe(1);
});

test('it runs at each tick, and writes an audit event when something changed', async () => {
  const script = scriptedInventory(fleetOf(3));
  const { lines } = replicaOf(script);
  await nextTick();
  await vi.waitFor(async () => expect(await finished()).toHaveLength(1));
  await letTimePass();
  await nextTick();
  await vi.waitFor(async () => expect(await finished()).toHaveLength(2));
  const all = await runs();
  const changed = all.filter((run) => run.updated > 0);
  expect(changed).toHaveLength(1);
  const events = (await database.db.select().from(auditEvents)).filter((e) => all.some(({ id }) => id === e.targetId));
  expect(events).toMatchObject([{ actor: 'system:sync', action: 'servers.sync', targetId: changed[0]?.id }]);
  expect(events[0]?.requestId).toBe(changed[0]?.requestId);
  expect(lines.filter((line) => line.includes(`"request_id":"${changed[0]?.requestId}"`))).not.toEqual([]);
});

test('a tick right after a run of another replica does nothing', async () => {
  const script = scriptedInventory(fleetOf(3));
  const { sync } = replicaOf(script);
  await nextTick();
  await vi.waitFor(async () => expect(await finished()).toHaveLength(1));
  await nextTick();
  await sync.stop();
  expect(script.reads).toBe(1);
});

test('a failure is recorded and logged as an error, and the next tick runs again', async () => {
  const script = scriptedInventory();
  const { lines } = replicaOf(script);
  script.fails(new UpstreamError('UPSTREAM_FAILED', 'The inventory is on fire.'));
  await nextTick();
  await vi.waitFor(async () => expect(await finished()).toMatchObject([{ outcome: 'failed' }]));
  await vi.waitFor(() => expect(lines.join()).toContain('"level":"error"'));
  script.answers(fleetOf(1));
  await letTimePass();
  await nextTick();
  await vi.waitFor(async () => expect((await finished()).map((run) => run.outcome)).toContain('succeeded'));
});

test('stopping waits for the run that is under way, and ends the schedule', async () => {
  const script = scriptedInventory(fleetOf(1));
  const letGo = script.hold();
  const { sync } = replicaOf(script);
  await nextTick();
  await vi.waitFor(() => expect(script.reads).toBe(1));
  let isStopped = false;
  const stopping = sync.stop().then(() => {
    isStopped = true;
  });
  await database.db.execute(sql`select 1`);
  expect(isStopped).toBe(false);
  letGo();
  await stopping;
  expect(await runs()).toMatchObject([{ outcome: 'succeeded' }]);
  await letTimePass();
  await nextTick();
  expect(script.reads).toBe(1);
  expect((await sync.listRuns(centerAdmin(), { limit: 50 })).next_run_at).toBeNull();
});
