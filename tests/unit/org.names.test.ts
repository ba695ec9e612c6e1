import { expect, test } from 'vitest';
import { createCenter, listCenters } from '../../server/org/org.schema.ts';

const accepted = (name: string) => createCenter.safeParse({ name }).data?.name;

test('a name keeps its script: Hebrew, Arabic, accents and emoji are fine', () => {
  for (const name of ['מרכז צפון', 'المركز', 'Zürich – café', '研究所', 'Vision 🛰']) expect(accepted(name)).toBe(name);
});

test('spaces around a name are not part of it', () => {
  expect(accepted('  North ')).toBe('North');
});

test.each([
  ['nothing but spaces', '   '],
  ['a line break inside', 'North\nSouth'],
  ['a NUL', 'North\u0000'],
  ['a terminal escape', '\u001b[31mNorth'],
  ['a mark that turns the text around', 'North\u202egnp.exe'],
  ['an invisible joiner', 'Nor\u200dth'],
  ['half of a surrogate pair', 'North\ud800'],
  ['101 characters', 'n'.repeat(101)],
])('%s is not a name', (_, name) => {
  expect(accepted(name)).toBeUndefined();
});

test('a name of 100 characters is', () => {
  expect(accepted('n'.repeat(100))).toBe('n'.repeat(100));
});

test('a search for what no name can contain is refused before the database sees it', () => {
  expect(listCenters.safeParse({ text: 'a\u0000b' }).success).toBe(false);
});

test('an unknown key is refused, not ignored', () => {
  expect(createCenter.safeParse({ name: 'North', id: 'mine' }).success).toBe(false);
});
