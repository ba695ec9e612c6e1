import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InventoryAnswer } from '../../server/adapters/inventory/inventory.port.ts';
import { mayMarkOffline, sortOut, tierOf, whyUnusable } from '../../server/servers/sync.rules.ts';

const server = (name: string) => ({ name, site: 'haifa', cpu: 64, ramGb: 256 });
const rejected = (name: string | null) => ({ name, reason: 'cpu: is missing' });
const servers = (n: number) => Array.from({ length: n }, (_, i) => server(`s${i}`));
const rejects = (n: number) => Array.from({ length: n }, (_, i) => rejected(`r${i}`));

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const answers = fc.record({
  servers: fc.array(names.map(server)),
  rejected: fc.array(fc.option(names).map(rejected)),
});
const counts = fc.record({
  online: fc.nat(20_000),
  vanished: fc.nat(20_000),
  maxOfflinePercent: fc.nat(100),
  confirmed: fc.constant(0),
});

describe('sorting out an answer', () => {
  test('a name that comes twice is quarantined in every copy and kept', () => {
    expect(sortOut({ servers: [server('a'), server('b'), server('a')], rejected: [] })).toEqual({
      usable: [server('b')],
      quarantined: Array(2).fill({ name: 'a', reason: 'is named 2 times; give each server a name of its own' }),
      kept: ['a'],
    });
  });

  test('a good row is not used when a bad row has its name', () => {
    const { usable, kept } = sortOut({ servers: [server('a')], rejected: [rejected('a')] });
    expect({ usable, kept }).toEqual({ usable: [], kept: ['a'] });
  });

  test('a bad row without a name keeps nothing', () => {
    expect(sortOut({ servers: [server('a')], rejected: [rejected(null), rejected(null)] })).toMatchObject({
      usable: [server('a')],
      kept: [],
    });
  });

  test('every row is used or quarantined, no name is both, and none is used twice', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const { usable, quarantined, kept } = sortOut(answer);
        expect(usable.length + quarantined.length).toBe(answer.servers.length + answer.rejected.length);
        const used = usable.map(({ name }) => name);
        expect(new Set(used).size).toBe(used.length);
        expect(used.filter((name) => kept.includes(name))).toEqual([]);
        const named = [...answer.servers, ...answer.rejected].flatMap(({ name }) => name ?? []);
        expect(new Set([...used, ...kept])).toEqual(new Set(named));
      }),
    );
  });
});

describe('an answer as a whole', () => {
  const why = (answer: InventoryAnswer) => whyUnusable(answer, sortOut(answer));

  test('without a single row is not used', () => {
    expect(why({ servers: [], rejected: [] })).toContain('without a single server');
  });

  test('in which every server comes twice is not used', () => {
    expect(why({ servers: [...servers(3), ...servers(3)], rejected: [] })).toContain('None of the 6 rows');
  });

  test.each([
    [95, 5, false],
    [94, 6, true],
    [0, 1, true],
    [19, 1, false],
    [18, 1, true],
  ])('of %i good and %i bad rows: refused is %s', (good, bad, isRefused) => {
    expect(why({ servers: servers(good), rejected: rejects(bad) }) !== undefined).toBe(isRefused);
  });
});

describe('marking offline', () => {
  test.each([
    [11, 100, true, '11 of 100: more than ten and more than 10 %'],
    [9, 100, false, '9 of 100: neither'],
    [3, 5, false, '3 of 5: not more than ten'],
    [10, 10, false, '10 of 10: not more than ten'],
    [11, 11, true, '11 of 11: all of them'],
    [11, 110, false, '11 of 110: exactly 10 %'],
    [100, 10_000, false, '100 of 10,000: one percent'],
  ])('%i of %i vanished: withheld is %s (%#: %s)', (vanished, online, isWithheld) => {
    expect(mayMarkOffline({ vanished, online, maxOfflinePercent: 10, confirmed: 0 })).toBe(!isWithheld);
  });

  test('up to the confirmed number is allowed, one more is not', () => {
    const fleet = { online: 100, maxOfflinePercent: 10, confirmed: 40 };
    expect(mayMarkOffline({ ...fleet, vanished: 40 })).toBe(true);
    expect(mayMarkOffline({ ...fleet, vanished: 41 })).toBe(false);
  });

  test('without a confirmation, what is marked is at most ten servers or at most the share', () => {
    fc.assert(
      fc.property(counts, (c) => {
        if (mayMarkOffline(c))
          expect(c.vanished <= 10 || c.vanished / c.online <= c.maxOfflinePercent / 100).toBe(true);
      }),
    );
  });

  test('fewer that vanish, or more that are allowed, never turn a yes into a no', () => {
    fc.assert(
      fc.property(counts, fc.nat(), fc.nat(100), fc.nat(), (c, fewer, percent, confirmed) => {
        if (!mayMarkOffline(c)) return;
        expect(mayMarkOffline({ ...c, vanished: Math.min(c.vanished, fewer) })).toBe(true);
        expect(mayMarkOffline({ ...c, maxOfflinePercent: Math.max(c.maxOfflinePercent, percent) })).toBe(true);
        expect(mayMarkOffline({ ...c, confirmed })).toBe(true);
      }),
    );
  });
});

test('a server is of high performance from the threshold on', () => {
  expect([63, 64, 65].map((cpu) => tierOf(cpu, 64))).toEqual(['regular', 'high_performance', 'high_performance']);
});
