import { expect, test } from 'vitest';
import { type QuotaSubject, sameLimits, wholeLimits, withinReach } from '../../app/features/quotas/quota-change.ts';

/** Department Vision holds 40 cores and 160 GiB at haifa, of which its teams were given 24 and 96; its field has 12 and 48 left. */
const vision: QuotaSubject = {
  level: 'department',
  id: 'vision',
  name: 'Vision',
  site: 'haifa',
  now: { cpu: { capacity: 40, granted: 24, used: 8 }, ram_gb: { capacity: 160, granted: 96, used: 32 } },
  parent: {
    name: 'Imaging',
    amounts: { cpu: { capacity: 100, granted: 88, used: 8 }, ram_gb: { capacity: 400, granted: 352, used: 32 } },
  },
};
const overAllocated: QuotaSubject = {
  ...vision,
  parent: { ...vision.parent, amounts: { ...vision.parent.amounts, cpu: { capacity: 80, granted: 88, used: 8 } } },
};

test('a bar cannot be dragged past what its parent has free', () => {
  expect(withinReach(vision, 'cpu', 52)).toBe(52);
  expect(withinReach(vision, 'cpu', 53)).toBe(52);
});

test('nor below what the teams were given', () => {
  expect(withinReach(vision, 'ram_gb', 0)).toBe(96);
});

test('a team may be lowered to what its projects use, whatever was granted', () => {
  expect(withinReach({ ...vision, level: 'team' }, 'cpu', 0)).toBe(8);
});

test('under an over-allocated parent a quota may be lowered but not raised', () => {
  expect(withinReach(overAllocated, 'cpu', 30)).toBe(30);
  expect(withinReach(overAllocated, 'cpu', 41)).toBe(40);
});

test('an empty box is no quota, and never a quota of zero', () => {
  expect(wholeLimits({ cpu: undefined, ram_gb: 160 })).toBeUndefined();
  expect(wholeLimits({ cpu: 0, ram_gb: 160 })).toEqual({ cpu: 0, ram_gb: 160 });
});

test('limits that are as they were change nothing', () => {
  expect(sameLimits({ cpu: 40, ram_gb: 160 }, vision.now)).toBe(true);
  expect(sameLimits({ cpu: 40, ram_gb: 161 }, vision.now)).toBe(false);
});
