import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  alreadyGiven,
  deficitOf,
  freeOf,
  quantity,
  releaseRefusal,
  releaseShortages,
  releasesBySite,
  unknownServers,
  unknownSite,
} from '../../server/allocations/allocations.rules.ts';

const of = (cpu: number, ramGb: number) => ({ cpu, ramGb });

test('free is what is online and not granted; a deficit is what is granted and not online', () => {
  const budget = { capacity: of(100, 100), online: of(60, 100), granted: of(64, 90) };
  expect(freeOf(budget)).toEqual(of(0, 10));
  expect(deficitOf(budget)).toEqual(of(4, 0));
});

test('of each resource there is something free or a deficit, never both, and together they explain the difference', () => {
  const amounts = fc.record({ cpu: fc.nat(500), ramGb: fc.nat(500) });
  fc.assert(
    fc.property(amounts, amounts, (online, granted) => {
      const budget = { capacity: online, online, granted };
      const [free, deficit] = [freeOf(budget), deficitOf(budget)];
      expect(free.cpu - deficit.cpu).toBe(online.cpu - granted.cpu);
      expect(free.ramGb - deficit.ramGb).toBe(online.ramGb - granted.ramGb);
      expect(Math.min(free.cpu, deficit.cpu, free.ramGb, deficit.ramGb)).toBe(0);
      expect(free.cpu * deficit.cpu + free.ramGb * deficit.ramGb).toBe(0);
    }),
  );
});

test('amounts are said with their unit, and one core is not cores', () => {
  expect([quantity('cpu', 12), quantity('cpu', 1), quantity('ram_gb', 1)]).toEqual(['12 cores', '1 core', '1 GiB']);
});

const atHaifa = { site: 'haifa', resource: 'cpu', reason: 'held' } as const;
const release = (taken: [number, number], after: [number, number, number]) => ({
  site: 'haifa',
  taken: { capacity: of(taken[0], taken[0]), online: of(taken[1], taken[1]) },
  after: { capacity: of(after[0], after[0]), online: of(after[1], after[1]), granted: of(after[2], 0) },
});

test('taking an online server must leave the grants covered by what is online', () => {
  expect(releaseShortages(release([20, 20], [80, 50, 50]))).toEqual([]);
  expect(releaseShortages(release([20, 20], [80, 49, 50]))).toEqual([
    { ...atHaifa, requested: 20, before: 69, after: 49, free: 19, short: 1 },
  ]);
});

test('taking an offline server must leave the grants covered by the capacity', () => {
  expect(releaseShortages(release([20, 0], [80, 10, 80]))).toEqual([]);
  expect(releaseShortages(release([20, 0], [80, 10, 81]))).toEqual([
    { ...atHaifa, requested: 20, before: 100, after: 80, free: 19, short: 1 },
  ]);
});

test('for every release: it is allowed exactly when the grants are covered by what has to cover them', () => {
  const amount = fc.nat(100);
  fc.assert(
    fc.property(amount, amount, amount, amount, amount, (takenOnline, takenOffline, online, offline, granted) => {
      const taken: [number, number] = [takenOnline + takenOffline, takenOnline];
      const short = releaseShortages(release(taken, [online + offline, online, granted])).length > 0;
      expect(short).toBe(takenOnline > 0 ? granted > online : granted > online + offline);
    }),
  );
});

test('what a release takes is summed by site, online apart from the whole', () => {
  const servers = [
    { site: 'haifa', cpu: 1, ramGb: 10, online: true },
    { site: 'eilat', cpu: 2, ramGb: 20, online: true },
    { site: 'haifa', cpu: 4, ramGb: 40, online: false },
  ];
  expect(releasesBySite(servers)).toEqual([
    { site: 'eilat', taken: { capacity: of(2, 20), online: of(2, 20) } },
    { site: 'haifa', taken: { capacity: of(5, 50), online: of(1, 10) } },
  ]);
});

test('a refused release names those who hold the grants at that site, the largest first, five at most', () => {
  const grants = ['A', 'B', 'C', 'D', 'E', 'F'].map((departmentName, i) => ({
    site: 'haifa',
    departmentName,
    cpu: i + 1,
    ramGb: 0,
  }));
  const elsewhere = { site: 'eilat', departmentName: 'Z', cpu: 99, ramGb: 99 };
  const short = { ...atHaifa, requested: 5, before: 25, after: 20, free: 4, short: 1 };
  expect(releaseRefusal(short, [elsewhere, ...grants])).toBe(
    '1 core short at haifa: 5 to be taken, 4 can be. Departments hold them: F 6, E 5, D 4, C 3, B 2 and 1 more. Lower a quota first.',
  );
});

test('what is no site is told with those that are, and with the one that was meant but for its case', () => {
  expect(unknownSite('HAIFA', ['eilat', 'haifa'])).toBe(
    'There is no site HAIFA. Did you mean haifa? There are eilat, haifa.',
  );
  expect(unknownSite('nowhere', ['eilat'])).toBe('There is no site nowhere. There are eilat.');
  expect(unknownSite('haifa', [])).toBe('There is no site haifa, nor any other yet: sites come with the servers.');
});

test('a refused allocation names twenty servers and counts the rest', () => {
  const servers = Array.from({ length: 22 }, (_, i) => ({
    id: `${i}`,
    name: `rack-${i}`,
    fieldId: 'n',
    fieldName: 'North',
  }));
  expect(alreadyGiven(servers)).toContain('rack-19 to field North and 2 more. Nothing was changed.');
  expect(alreadyGiven(servers)).not.toContain('rack-20');
  expect(unknownServers(['a', 'b'])).toBe('There are no servers with these ids: a, b.');
});
