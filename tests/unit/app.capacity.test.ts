import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addAmounts, segmentsOf } from '../../app/features/capacity/capacity.ts';

test('a bar shows what is used, what is granted beside it, and what is free', () => {
  expect(segmentsOf({ capacity: 64, granted: 48, used: 20 })).toEqual({
    used: 20,
    granted: 28,
    free: 16,
    over: 0,
    whole: 64,
  });
});

test('what is granted beyond the capacity leaves the bar', () => {
  expect(segmentsOf({ capacity: 40, granted: 48, used: 20 })).toEqual({
    used: 20,
    granted: 20,
    free: 0,
    over: 8,
    whole: 48,
  });
});

test('one field that is over-allocated still shows when another has room', () => {
  const sum = addAmounts([
    { capacity: 10, granted: 16, used: 0 },
    { capacity: 100, granted: 20, used: 0 },
  ]);
  expect(segmentsOf(sum)).toEqual({ used: 0, granted: 30, free: 80, over: 6, whole: 116 });
});

test('whatever the numbers, the parts of a bar are its whole and none is negative', () => {
  const amount = fc.nat({ max: 1_000_000 });
  fc.assert(
    fc.property(amount, amount, amount, (capacity, granted, used) => {
      const { whole, ...parts } = segmentsOf({ capacity, granted, used });
      const lengths = Object.values(parts);
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(whole);
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(0);
    }),
  );
});
