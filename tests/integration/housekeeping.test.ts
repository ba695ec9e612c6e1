import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idempotencyKeys, sessions, signInLimits, usageSnapshots } from '../../db/schema/index.ts';
import { createHousekeeping } from '../../server/housekeeping/housekeeping.service.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { recordingLog } from '../support/log.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const db = () => database.db;
/** Sweeps, and answers how much of what the log says it was. */
async function sweep(): Promise<unknown> {
  const { log, lines } = recordingLog();
  await createHousekeeping({ db: db(), log }).sweep();
  return lines.map((line) => JSON.parse(line).swept);
}
const nothing = { idempotency_keys: 0, sessions: 0, sign_in_limits: 0, usage_snapshots: 0 };
const ago = (interval: string) => sql`now() - ${interval}::interval`;

const newKey = (key: string, age: string) =>
  db()
    .insert(idempotencyKeys)
    .values({ actor: 'noa', procedure: 'projects.create', key, inputHash: '', createdAt: ago(age) });
const keys = async () => (await db().select({ key: idempotencyKeys.key }).from(idempotencyKeys)).map((row) => row.key);

test('an idempotency key is kept for 24 hours', async () => {
  await newKey('old', '24 hours 1 minute');
  await newKey('young', '23 hours 59 minutes');
  expect(await sweep()).toEqual([{ ...nothing, idempotency_keys: 1 }]);
  expect(await keys()).toEqual(['young']);
  await db().delete(idempotencyKeys);
});

test('a key that a request has in its hands is left for the next time', async () => {
  await newKey('held', '2 days');
  await newKey('old', '2 days');
  await db().transaction(async (tx) => {
    await tx.select().from(idempotencyKeys).where(sql`key = 'held'`).for('update');
    expect(await sweep()).toEqual([{ ...nothing, idempotency_keys: 1 }]);
  });
  expect(await keys()).toEqual(['held']);
  expect(await sweep()).toEqual([{ ...nothing, idempotency_keys: 1 }]);
});

test('more than one batch goes in one sweep', async () => {
  await db().execute(sql`
    insert into idempotency_keys (actor, procedure, key, input_hash, created_at)
    select 'noa', 'projects.create', n::text, '', now() - interval '2 days' from generate_series(1, 2500) n`);
  expect(await sweep()).toEqual([{ ...nothing, idempotency_keys: 2500 }]);
  expect(await keys()).toEqual([]);
});

test('a session is kept for a day after it ended, by itself or by signing out', async () => {
  const session = (subject: string, endsAt: string, revokedAt?: string) => ({
    ...{ subject, endsAt: ago(endsAt) },
    ...(revokedAt !== undefined && { revokedAt: ago(revokedAt) }),
  });
  await db()
    .insert(sessions)
    .values([
      session('is-live', '-7 hours'),
      session('ended-lately', '23 hours'),
      session('signed-out-lately', '-7 hours', '1 hour'),
      session('ended-long-ago', '25 hours'),
      session('signed-out-long-ago', '20 hours', '26 hours'),
    ]);
  expect(await sweep()).toEqual([{ ...nothing, sessions: 2 }]);
  const left = (await db().select({ subject: sessions.subject }).from(sessions)).map((row) => row.subject).sort();
  expect(left).toEqual(['ended-lately', 'is-live', 'signed-out-lately']);
});

test('tries to sign in are kept for a day, and where an account signs in from for thirty', async () => {
  const tried = (account: string, address: string, age: string) => ({ account, address, tries: 1, triedAt: ago(age) });
  await db()
    .insert(signInLimits)
    .values([
      tried('noa', '', '23 hours'),
      tried('noa', '192.0.2.1', '29 days'),
      tried('gil', '', '25 hours'),
      tried('', '192.0.2.2', '25 hours'),
      tried('gil', '192.0.2.2', '31 days'),
    ]);
  expect(await sweep()).toEqual([{ ...nothing, sign_in_limits: 3 }]);
  const left = (await db().select({ account: signInLimits.account }).from(signInLimits)).map((row) => row.account);
  expect(left).toEqual(['noa', 'noa']);
});

test('a day’s snapshot is kept for 400 days, today included', async () => {
  const amounts = { cpuLimit: 1, cpuGranted: 1, cpuUsed: 1, ramGbLimit: 1, ramGbGranted: 1, ramGbUsed: 1 };
  const rows = (['field', 'department', 'team'] as const).flatMap((level) =>
    [0, 399, 400, 1000].map((days) => ({
      ...{ level, nodeId: randomUUID(), parentId: randomUUID(), site: 'haifa', ...amounts },
      day: sql`(now() at time zone 'utc')::date - ${days}::int`,
    })),
  );
  await db().insert(usageSnapshots).values(rows);
  expect(await sweep()).toEqual([{ ...nothing, usage_snapshots: 6 }]);
  expect(await db().$count(usageSnapshots)).toBe(6);
});

test('where there is nothing old, nothing happens', async () => {
  expect(await sweep()).toEqual([nothing]);
});
