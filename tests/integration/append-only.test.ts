import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordAudit } from '../../server/audit/audit.repository.ts';
import { sqlState } from '../../server/platform/database.ts';
import { centerAdmin } from '../factories/caller.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test.each(['audit_events', 'quota_ledger'])('%s refuses UPDATE and DELETE, also for its owner', async (table) => {
  for (const statement of [`update ${table} set id = id`, `delete from ${table}`]) {
    const refusal = await database.db.execute(sql.raw(statement)).catch((error: unknown) => error);
    expect(sqlState(refusal)).toBe('23001');
  }
});

test('an audit event is written in its transaction and goes with it', async () => {
  const target = { type: 'center', id: randomUUID(), name: 'North' };
  await expect(
    database.db.transaction(async (tx) => {
      await recordAudit(tx, centerAdmin(), { action: 'center.create', target, place: {} });
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  const { rows } = await database.db.execute(sql`select count(*)::int as n from audit_events`);
  expect(rows).toEqual([{ n: 0 }]);
});
