import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { teamQuotaAllocations } from '../../db/schema/index.ts';
import type { Tx } from '../../server/platform/database.ts';
import { QuotaExceededError } from '../../server/platform/errors.ts';
import type { UsageChange } from '../../server/quotas/quotas.service.ts';
import { newBranch, quotaServices, usageOf } from '../factories/quotas.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { interleave, interleavings, type Session } from '../support/interleavings.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const ORDERS = interleavings(2, 2);

const change = (what: UsageChange) => (tx: Tx) => quotaServices(database.db).quotas.changeUsage(tx, what);
const committing = (...changes: UsageChange[]): Session => ({ steps: changes.map(change), end: 'commit' });
const rollingBack = (...changes: UsageChange[]): Session => ({ steps: changes.map(change), end: 'rollback' });

const teamWithTen = async () => {
  const size = { cpu: 10, ramGb: 10 };
  return (await newBranch(database.db, { capacity: size, department: size, team: size })).team.id;
};

async function usedBy(teamId: string) {
  const [quota] = await database.db.select().from(teamQuotaAllocations).where(eq(teamQuotaAllocations.teamId, teamId));
  return quota?.cpuUsed;
}

const words = (outcomes: unknown[]) =>
  outcomes.map((outcome) => (outcome instanceof QuotaExceededError ? outcome.code : outcome));

describe.each(ORDERS.map((order) => [order.map((turn) => 'ab'[turn]).join(' '), order] as const))(
  'in the order %s of steps (a change, then the end)',
  (_, order) => {
    test('of two that fit one by one but not together, exactly one is taken', async () => {
      const team = await teamWithTen();
      const six = () => committing(usageOf(team, { cpu: 6, ramGb: 1 }));
      const outcomes = await interleave(database.db, order, [six(), six()]);
      expect(words(outcomes).sort()).toEqual(['QUOTA_EXCEEDED', 'committed']);
      expect(await usedBy(team)).toBe(6);
    });

    test('what rolls back has taken nothing: the other fits if it came after, and always once it is tried again', async () => {
      const team = await teamWithTen();
      const mine = usageOf(team, { cpu: 6, ramGb: 1 });
      const outcomes = await interleave(database.db, order, [
        rollingBack(usageOf(team, { cpu: 6, ramGb: 1 })),
        committing(mine),
      ]);
      const [first, second] = words(outcomes);
      expect(second).toBe('committed');
      expect(['rolled back', 'QUOTA_EXCEEDED']).toContain(first);
      expect(await usedBy(team)).toBe(6);
    });

    test('the same operation from two sessions is taken once', async () => {
      const team = await teamWithTen();
      const same = usageOf(team, { cpu: 6, ramGb: 1 });
      expect(words(await interleave(database.db, order, [committing(same), committing(same)]))).toEqual([
        'committed',
        'committed',
      ]);
      expect(await usedBy(team)).toBe(6);
    });

    test('a release and a new reservation end as if one had come after the other', async () => {
      const team = await teamWithTen();
      const taken = usageOf(team, { cpu: 10, ramGb: 1 });
      await database.db.transaction(change(taken));
      const outcomes = await interleave(database.db, order, [
        committing({ ...taken, kind: 'release', cpu: -10, ramGb: -1 }),
        committing(usageOf(team, { cpu: 4, ramGb: 1 })),
      ]);
      const [released, reserved] = words(outcomes);
      expect(released).toBe('committed');
      expect(await usedBy(team)).toBe(reserved === 'committed' ? 4 : 0);
      expect(['committed', 'QUOTA_EXCEEDED']).toContain(reserved);
    });
  },
);
