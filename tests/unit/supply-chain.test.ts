import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FLOORS, isBelow, type Package, packagesOf, problemsOf } from '../../tools/supply-chain.ts';

const packages = packagesOf(readFileSync('package-lock.json', 'utf8'));

test('nothing in the lock file is below a floor, without a licence that fits, or without its hash', () => {
  expect(packages.length).toBeGreaterThan(100);
  expect(problemsOf(packages)).toEqual([]);
});

test('every floor is of a package that is there', () => {
  const names = new Set(packages.map(({ name }) => name));
  expect(Object.keys(FLOORS).filter((name) => !names.has(name))).toEqual([]);
});

test.each([
  ['2.17.4', '2.17.5', true],
  ['2.17.5', '2.17.5', false],
  ['2.9.1', '2.8.3', false],
  ['1.99.99', '2.0.0', true],
  ['10.0.0', '4.0.0', false],
  ['4.0.0-rc.1', '4.0.0', true],
])('%s below %s: %s', (version, floor, expected) => {
  expect(isBelow(version, floor)).toBe(expected);
});

const fine: Package = { name: 'a', version: '1.0.0', licence: 'MIT', shipped: true, pinned: true };

test.each<[string, Partial<Package>, string[]]>([
  ['a choice with one that fits', { licence: '(GPL-3.0 OR MIT)' }, []],
  ['a sum in which one does not fit', { licence: 'MIT AND GPL-3.0' }, ['a 1.0.0 has the licence MIT AND GPL-3.0']],
  ['none', { licence: undefined }, ['a 1.0.0 names no licence']],
  ['none, of what only develops', { licence: undefined, shipped: false }, []],
  ['MPL, shipped', { licence: 'MPL-2.0' }, ['a 1.0.0 has the licence MPL-2.0']],
  ['no hash', { pinned: false }, ['a 1.0.0 has no integrity hash in the lock file']],
  ['an old yaml', { name: 'yaml', version: '2.8.2' }, ['yaml 2.8.2 is below 2.8.3, its advisories’ floor']],
])('%s', (_, over, expected) => {
  expect(problemsOf([{ ...fine, ...over }])).toEqual(expected);
});
