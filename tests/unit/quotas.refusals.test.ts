import { describe, expect, test } from 'vitest';
import { departmentRefusal, teamRefusal, usageRefusal } from '../../server/quotas/refusals.rules.ts';

const of = (cpu: number, ramGb: number) => ({ cpu, ramGb });
const cores = { resource: 'cpu' as const, reason: 'parent' as const };
const gib = { resource: 'ram_gb' as const, reason: 'parent' as const };

describe('to a team that creates, a refusal says what was asked for, what is missing and who can give it', () => {
  const names = { site: 'haifa', departmentName: 'Vision' };
  const first = { ...cores, requested: 16, before: 0, after: 16, free: 4, short: 12 };

  test('where its department has enough free', () => {
    expect(usageRefusal(names, first, of(12, 0))).toBe(
      '12 cores short at haifa: 16 asked for, 4 free. Department Vision has 12 free; ask its admin.',
    );
  });

  test('and where not, that it has not', () => {
    expect(usageRefusal(names, first, of(11, 99))).toBe(
      '12 cores short at haifa: 16 asked for, 4 free. Department Vision has only 11 free, too little for that.',
    );
    const more = { ...gib, requested: 1, before: 8, after: 9, free: 0, short: 1 };
    expect(usageRefusal(names, more, of(40, 0))).toBe(
      '1 GiB short at haifa: 1 more asked for, none free. Department Vision has none free.',
    );
  });
});

describe('to a department that changes its team', () => {
  const names = { site: 'haifa', fieldName: 'North', departmentName: 'Vision', teamName: 'Lidar' };

  test('a raise names the field only where it has what is missing', () => {
    const raise = { ...cores, requested: 9871, before: 129, after: 10_000, free: 224, short: 9647 };
    const lead = '9647 cores short at haifa: 9871 more asked for, department Vision has 224 free.';
    expect(teamRefusal(names, raise, of(9647, 0))).toBe(`${lead} Field North has 9647 free; ask its admin.`);
    expect(teamRefusal(names, raise, of(224, 0))).toBe(`${lead} Field North has only 224 free, too little for that.`);
  });

  test('a limit below what projects hold is told the lowest that is possible', () => {
    const lowered = { ...cores, reason: 'held' as const, requested: 9, before: 9, after: 0, free: 8, short: 1 };
    expect(teamRefusal(names, lowered, of(7, 7))).toBe(
      'Team Lidar cannot have 0 cores at haifa: 1 is held by projects; the lowest possible is 1. Decommission some first.',
    );
  });
});

describe('to a field that changes its department', () => {
  const names = { site: 'haifa', fieldName: 'North', departmentName: 'Vision' };

  test('a raise that the field has too little for needs more servers', () => {
    const raise = { ...cores, requested: 12, before: 0, after: 12, free: 0, short: 12 };
    expect(departmentRefusal(names, raise)).toBe(
      '12 cores short at haifa: 12 asked for, field North has none free. Ask a center admin for more servers.',
    );
  });

  test('a limit below what teams hold is told the lowest that is possible', () => {
    const lowered = { ...cores, reason: 'held' as const, requested: 104, before: 160, after: 56, free: 56, short: 48 };
    expect(departmentRefusal(names, lowered)).toBe(
      'Department Vision cannot have 56 cores at haifa: 104 are held by teams; the lowest possible is 104. Lower theirs first.',
    );
  });
});

test('whoever raises anything below an over-allocated field is told of its deficit', () => {
  const raise = { ...gib, reason: 'deficit' as const, requested: 1, before: 20, after: 21, free: 0, short: 64 };
  const names = { site: 'haifa', fieldName: 'North', departmentName: 'Vision' };
  const words =
    'cannot have 21 GiB at haifa: field North has granted 64 GiB more there than its servers now give. ' +
    'Until that deficit is gone, no quota of it can be raised.';
  expect(departmentRefusal(names, raise)).toBe(`Department Vision ${words}`);
  expect(teamRefusal({ ...names, teamName: 'Lidar' }, raise, of(0, 0))).toBe(`Team Lidar ${words}`);
});
