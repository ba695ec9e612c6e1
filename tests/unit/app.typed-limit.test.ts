import { expect, test } from 'vitest';
import { isAmountOf, limitOf, wrongWith } from '../../app/features/quotas/typed-limit.ts';

test('a limit is a whole number, from 0 to what the API takes', () => {
  expect(limitOf(0)).toBe(0);
  expect(limitOf(100_000_000)).toBe(100_000_000);
});

test.each([
  ['', 'Enter a number'],
  ['-', 'A whole number, 0 or more'],
  [-4, 'A whole number, 0 or more'],
  [1.5, 'A whole number, 0 or more'],
  [100_000_001, 'At most 100,000,000'],
  ['99999999999999999999', 'At most 100,000,000'],
])('%j is none, and is told so: %s', (entered, told) => {
  expect(limitOf(entered)).toBeUndefined();
  expect(wrongWith(entered)).toBe(told);
});

test.each(['64', '1,024', '1 024', '64 cores', '1 core'])('“%s” can be pasted as cores', (text) => {
  expect(isAmountOf('cpu', text)).toBe(true);
});

test.each(['256 GiB', '256GB', '1,024 gib'])('“%s” can be pasted as memory', (text) => {
  expect(isAmountOf('ram_gb', text)).toBe(true);
});

test.each(['2 TiB', '2048 MiB', '1.5', '-4', '48 of 64', '1e3', '', 'GiB'])(
  '“%s” cannot, as its digits alone would lie',
  (text) => {
    expect(isAmountOf('ram_gb', text)).toBe(false);
  },
);
