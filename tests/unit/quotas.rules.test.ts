import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isRepairable,
  limitShortages,
  mismatchesOf,
  NO_BUDGET,
  usageEffect,
  usageShortages,
} from '../../server/quotas/quotas.rules.ts';

const of = (cpu: number, ramGb: number) => ({ cpu, ramGb });
const budget = (limit: [number, number], held: [number, number]) => ({ limit: of(...limit), held: of(...held) });
const ENOUGH = of(1000, 1000);
const NONE = of(0, 0);

describe('a limit', () => {
  test('may rise by exactly what the parent has free', () => {
    const change = { from: budget([10, 10], [0, 0]), to: of(15, 15), parentFree: of(5, 5), deficit: NONE };
    expect(limitShortages(change)).toEqual([]);
    expect(limitShortages({ ...change, to: of(16, 15) })).toEqual([
      { resource: 'cpu', requested: 6, before: 10, after: 16, free: 5, reason: 'parent', short: 1 },
    ]);
  });

  test('may fall to exactly what its children hold', () => {
    const change = { from: budget([10, 10], [4, 7]), to: of(4, 7), parentFree: NONE, deficit: NONE };
    expect(limitShortages(change)).toEqual([]);
    expect(limitShortages({ ...change, to: of(4, 5) })).toEqual([
      { resource: 'ram_gb', requested: 5, before: 10, after: 5, free: 3, reason: 'held', short: 2 },
    ]);
  });

  test('does not rise while its field has a deficit of that resource, and may fall', () => {
    const change = { from: budget([10, 10], [0, 0]), parentFree: ENOUGH, deficit: of(3, 0) };
    expect(limitShortages({ ...change, to: of(11, 11) })).toEqual([
      { resource: 'cpu', requested: 1, before: 10, after: 11, free: 0, reason: 'deficit', short: 3 },
    ]);
    expect(limitShortages({ ...change, to: of(10, 11) })).toEqual([]);
    expect(limitShortages({ ...change, to: of(0, 11) })).toEqual([]);
  });

  test('names a resource that rises too high and another that falls too low', () => {
    const change = { from: budget([10, 10], [5, 5]), to: of(20, 4), parentFree: NONE, deficit: NONE };
    expect(limitShortages(change).map(({ resource, reason }) => [resource, reason])).toEqual([
      ['cpu', 'parent'],
      ['ram_gb', 'held'],
    ]);
  });
});

const amount = fc.nat(1000);
const amounts = fc.record({ cpu: amount, ramGb: amount });
/** A parent whose children hold no more than its limit; one of those children, and what it holds itself. */
const family = fc
  .record({ parent: amounts, siblings: amounts, child: amounts, held: amounts, to: amounts })
  .map((f) => {
    const child = of(Math.min(f.child.cpu, f.parent.cpu), Math.min(f.child.ramGb, f.parent.ramGb));
    const siblings = of(
      Math.min(f.siblings.cpu, f.parent.cpu - child.cpu),
      Math.min(f.siblings.ramGb, f.parent.ramGb - child.ramGb),
    );
    const held = of(Math.min(f.held.cpu, child.cpu), Math.min(f.held.ramGb, child.ramGb));
    const parentFree = of(f.parent.cpu - child.cpu - siblings.cpu, f.parent.ramGb - child.ramGb - siblings.ramGb);
    return { parent: f.parent, siblings, from: { limit: child, held }, to: f.to, parentFree };
  });

describe('for every family of quotas', () => {
  test('a change is accepted exactly when both invariants hold after it, in each resource', () => {
    fc.assert(
      fc.property(family, ({ parent, siblings, from, to, parentFree }) => {
        const short = limitShortages({ from, to, parentFree, deficit: NONE }).map((shortage) => shortage.resource);
        expect(short.includes('cpu')).toBe(siblings.cpu + to.cpu > parent.cpu || to.cpu < from.held.cpu);
        expect(short.includes('ram_gb')).toBe(siblings.ramGb + to.ramGb > parent.ramGb || to.ramGb < from.held.ramGb);
      }),
    );
  });

  test('with a deficit of both, a change is accepted exactly when nothing rises and nothing falls below what is held', () => {
    fc.assert(
      fc.property(family, ({ from, to, parentFree }) => {
        const fits = limitShortages({ from, to, parentFree, deficit: of(1, 1) }).length === 0;
        const within = (n: number, low: number, high: number) => low <= n && n <= high;
        expect(fits).toBe(
          within(to.cpu, from.held.cpu, from.limit.cpu) && within(to.ramGb, from.held.ramGb, from.limit.ramGb),
        );
      }),
    );
  });

  test('what a refusal says is free would have been accepted, and one more would not', () => {
    fc.assert(
      fc.property(family, ({ from, to, parentFree }) => {
        for (const { resource, requested, free } of limitShortages({ from, to, parentFree, deficit: NONE })) {
          const key = resource === 'cpu' ? 'cpu' : 'ramGb';
          const direction = Math.sign(to[key] - from.limit[key]);
          const retry = (step: number) =>
            limitShortages({
              from,
              to: { ...from.limit, [key]: from.limit[key] + direction * step },
              parentFree,
              deficit: NONE,
            });
          expect(free).toBeLessThan(requested);
          expect(retry(free)).toEqual([]);
          expect(retry(free + 1)).toHaveLength(1);
        }
      }),
    );
  });
});

describe('usage', () => {
  test('fits up to the last core and GiB', () => {
    const quota = budget([10, 20], [6, 4]);
    expect(usageShortages(quota, of(4, 16))).toEqual([]);
    expect(usageShortages(quota, of(5, 17))).toEqual([
      { resource: 'cpu', requested: 5, before: 6, after: 11, free: 4, short: 1, reason: 'parent' },
      { resource: 'ram_gb', requested: 17, before: 4, after: 21, free: 16, short: 1, reason: 'parent' },
    ]);
    expect(usageShortages(NO_BUDGET, of(1, 0))).toEqual([
      { resource: 'cpu', requested: 1, before: 0, after: 1, free: 0, short: 1, reason: 'parent' },
    ]);
  });

  test('that is given back always fits, also when more is used than the limit', () => {
    expect(usageShortages(budget([5, 5], [6, 6]), of(-1, 0))).toEqual([]);
  });

  test('is refused exactly when it would end above the limit of something it takes', () => {
    const change = fc.record({ cpu: fc.integer({ min: -50, max: 50 }), ramGb: fc.integer({ min: -50, max: 50 }) });
    fc.assert(
      fc.property(amounts, amounts, change, (limit, used, asked) => {
        const short = usageShortages({ limit, held: used }, asked).map((shortage) => shortage.resource);
        expect(short.includes('cpu')).toBe(asked.cpu > 0 && used.cpu + asked.cpu > limit.cpu);
        expect(short.includes('ram_gb')).toBe(asked.ramGb > 0 && used.ramGb + asked.ramGb > limit.ramGb);
      }),
    );
  });

  test('is shown before and after, with what is missing as a negative', () => {
    expect(usageEffect(budget([10, 20], [6, 4]), of(8, 16))).toEqual({
      cpu: { limit: 10, used_before: 6, used_after: 14, free_after: -4 },
      ram_gb: { limit: 20, used_before: 4, used_after: 20, free_after: 0 },
    });
  });
});

describe('a recount', () => {
  const recount = (counter: number, ledger: number, projects: number, limit = 10) => ({
    counter: of(counter, 1),
    ledger: of(ledger, 1),
    projects: of(projects, 1),
    limit: of(limit, 10),
  });

  test('names a resource in which any two of counter, ledger and projects differ', () => {
    expect(mismatchesOf(recount(3, 3, 3))).toEqual([]);
    expect(mismatchesOf(recount(4, 3, 3))).toEqual(['cpu']);
    expect(mismatchesOf(recount(3, 3, 4))).toEqual(['cpu']);
    expect(mismatchesOf({ ...recount(3, 3, 3), ledger: of(3, 2) })).toEqual(['ram_gb']);
  });

  test('can be mended where only the counter is wrong and its limit allows the ledger’s sum', () => {
    expect(isRepairable(recount(4, 3, 3))).toBe(true);
    expect(isRepairable(recount(3, 3, 4))).toBe(false);
    expect(isRepairable(recount(4, 11, 11))).toBe(false);
    expect(isRepairable(recount(0, -1, 0))).toBe(false);
  });
});
