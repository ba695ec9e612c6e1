import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createInventory } from '../../server/adapters/inventory/inventory.ts';
import { type InventoryBehaviour, startInventory } from '../../server/demo/inventory.ts';
import { systemClock } from '../../server/platform/clock.ts';
import { createLog } from '../../server/platform/log.ts';
import { createSyncService } from '../../server/servers/sync.service.ts';
import { centerAdmin } from '../factories/caller.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0); // the jitter between two tries
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => database.drop());

const nowhere = 'http://169.254.169.254/';
const bad: Partial<InventoryBehaviour>[] = [
  { empty: true },
  { html: true },
  { truncated: true },
  { redirect: nowhere },
  { dirty_rows: 16 },
  ...[302, 304, 400, 401, 403, 404, 406, 410, 429, 500, 502, 503, 504].map((failing_status) => ({ failing_status })),
];
const badOfPages: Partial<InventoryBehaviour>[] = [{ missing_page: true }, { page_loop: true }];

describe.each(['native', 'maas', 'netbox'] as const)('with a real %s inventory', (format) => {
  test('no kind of bad answer marks a server offline or changes one, and every one is a failed run', async () => {
    const simulator = await startInventory();
    const settings = {
      EXTERNAL_SERVER_API_FORMAT: format,
      EXTERNAL_SERVER_API_URL: simulator.url,
      EXTERNAL_SERVER_API_MAAS_SITE: 'zone',
      EXTERNAL_SERVER_API_NETBOX_CPU_FIELD: 'cpu_cores',
      EXTERNAL_SERVER_API_NETBOX_RAM_FIELD: 'ram_gb',
      EXTERNAL_SERVER_API_TIMEOUT_SECONDS: 1,
    } as const;
    const sync = createSyncService({
      ...database,
      inventory: createInventory(settings, systemClock),
      clock: systemClock,
      log: createLog('silent'),
      settings: { SYNC_INTERVAL_MINUTES: 15, SYNC_MAX_OFFLINE_PERCENT: 10, PERFORMANCE_TIER_CPU_THRESHOLD: 64 },
    });
    const admin = centerAdmin();
    const rows = async () => (await database.db.execute(sql`select *, xmin::text from servers order by name`)).rows;
    expect(await sync.syncNow(admin, {})).toMatchObject({ outcome: 'succeeded', synced: 300 });
    const before = await rows();
    const healthy = simulator.behaviour;

    const failure = {
      code: 'UPSTREAM_FAILED',
      message: expect.stringMatching(/\w/),
      details: { run_id: expect.any(String) },
    };
    const faults = [
      ...bad,
      ...(format === 'maas' ? [] : badOfPages),
      ...(format === 'netbox' ? [{ next_origin: nowhere }] : []),
    ];
    for (const fault of faults) {
      simulator.behave({ ...healthy, retry_after: 0, ...fault });
      await expect(sync.syncNow(admin, {}), JSON.stringify(fault)).rejects.toMatchObject(failure);
      expect((await sync.listRuns(admin, { limit: 1 })).items).toMatchObject([{ outcome: 'failed' }]);
      expect(await rows()).toEqual(before);
    }

    simulator.behave({ ...healthy, drop_share: 0.5 });
    expect(await sync.syncNow(admin, {})).toMatchObject({
      outcome: 'withheld',
      withheld_offline: 150,
      marked_offline: 0,
    });
    simulator.behave({ ...healthy, duplicates: 15, dirty_rows: 15 });
    expect(await sync.syncNow(admin, {})).toMatchObject({ outcome: 'succeeded', quarantined: 45, marked_offline: 0 });
    simulator.behave(healthy);
    expect(await sync.syncNow(admin, {})).toMatchObject({ outcome: 'succeeded', synced: 300, updated: 0 });
    await simulator.stop();
    await expect(sync.syncNow(admin, {})).rejects.toMatchObject(failure);
    expect((await sync.listRuns(admin, { limit: 1 })).items).toMatchObject([{ outcome: 'failed', marked_offline: 0 }]);
  });
});
