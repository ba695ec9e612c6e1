import { expect, test } from 'vitest';
import { objections, parentAfter, type QuotaSubject } from '../../app/features/quotas/quota-change.ts';

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

test('everything that the parent has free may be given', () => {
  expect(objections(vision, { cpu: 52, ram_gb: 208 })).toEqual({});
});

test('one core more says how much is missing, where, and who has how much', () => {
  expect(objections(vision, { cpu: 53, ram_gb: 160 })).toEqual({
    cpu: '1 core short at haifa: Imaging has 12 free.',
  });
});

test('what the teams were given cannot be taken away', () => {
  expect(objections(vision, { cpu: 24, ram_gb: 95 })).toEqual({
    ram_gb: '96 GiB are granted to its teams; it cannot be less.',
  });
});

test('a team may be lowered to what its projects use, whatever its limit', () => {
  const detection: QuotaSubject = { ...vision, level: 'team' };
  expect(objections(detection, { cpu: 8, ram_gb: 32 })).toEqual({});
  expect(objections(detection, { cpu: 7, ram_gb: 32 })).toEqual({
    cpu: '8 cores are used by its projects; it cannot be less.',
  });
});

test('under an over-allocated parent a quota may be lowered but not raised', () => {
  expect(objections(overAllocated, { cpu: 30, ram_gb: 160 })).toEqual({});
  expect(objections(overAllocated, { cpu: 41, ram_gb: 160 })).toHaveProperty('cpu');
});

test('the parent’s grants move by the difference', () => {
  expect(parentAfter(vision, 'cpu', 52)).toEqual({ capacity: 100, granted: 100, used: 8 });
  expect(parentAfter(vision, 'cpu', 24)).toEqual({ capacity: 100, granted: 72, used: 8 });
});
