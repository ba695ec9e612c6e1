import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { staleConcern } from '../../app/features/overview/attention.ts';
import { syncRuns } from '../../db/schema/index.ts';
import { createReportsService } from '../../server/reports/reports.service.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newField } from '../factories/org.ts';
import { freshDatabase } from '../support/database.ts';

type Outcome = 'succeeded' | 'withheld' | 'failed';

/** What the overview says after syncs that ended so many minutes ago. */
async function afterRuns(...runs: { outcome: Outcome; minutesAgo: number }[]) {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  for (const { outcome, minutesAgo } of runs) {
    const at = sql`now() - make_interval(mins => ${minutesAgo})`;
    const requestId = '0b0fbb1c-3a4e-4a8a-9a3e-7a1d6c1d2e3f';
    await database.db
      .insert(syncRuns)
      .values({ trigger: 'schedule', requestedBy: 'test', requestId, outcome, startedAt: at, finishedAt: at });
  }
  return { database, reports: createReportsService(database) };
}

const hoursSince = (iso: string | null): number => Math.round((Date.now() - Date.parse(iso ?? '')) / 3_600_000);

test('an inventory that was read within two hours needs nobody, whatever failed since', async () => {
  const { reports } = await afterRuns({ outcome: 'succeeded', minutesAgo: 110 }, { outcome: 'failed', minutesAgo: 5 });
  expect((await reports.attention(centerAdmin())).inventory_unread_since).toBeNull();
});

test('one that was last read longer ago is told with when', async () => {
  const { reports } = await afterRuns({ outcome: 'succeeded', minutesAgo: 180 }, { outcome: 'failed', minutesAgo: 5 });
  expect(hoursSince((await reports.attention(centerAdmin())).inventory_unread_since)).toBe(3);
});

test('a sync that withheld offline marks has read the inventory', async () => {
  const { reports } = await afterRuns(
    { outcome: 'succeeded', minutesAgo: 180 },
    { outcome: 'withheld', minutesAgo: 5 },
  );
  expect((await reports.attention(centerAdmin())).inventory_unread_since).toBeNull();
});

test('one that was never read is told since the first try, and before that not at all', async () => {
  const tried = await afterRuns({ outcome: 'failed', minutesAgo: 300 }, { outcome: 'failed', minutesAgo: 5 });
  expect(hoursSince((await tried.reports.attention(centerAdmin())).inventory_unread_since)).toBe(5);
  const fresh = await afterRuns();
  expect((await fresh.reports.attention(centerAdmin())).inventory_unread_since).toBeNull();
});

test('only who may sync is told', async () => {
  const { database, reports } = await afterRuns({ outcome: 'succeeded', minutesAgo: 180 });
  const field = await newField(database.db);
  expect((await reports.attention(adminOf('field_admin', field.id))).inventory_unread_since).toBeNull();
});

test('the overview says how long ago, and leads to the syncs', () => {
  const now = Date.parse('2026-01-01T12:00:00Z');
  expect(staleConcern(null, now)).toEqual([]);
  expect(staleConcern('2026-01-01T09:00:00Z', now)).toMatchObject([
    { kind: 'bad', title: 'The inventory was last read 3 hours ago', to: '/sync' },
  ]);
});
