import { describe, expect, test } from 'vitest';
import { planLimit } from '../../server/quotas/plan.rules.ts';

const share = (limit: number, granted: number, used: number) => ({
  ...{ cpu_limit: limit, cpu_granted: granted, cpu_used: used },
  ...{ ram_gb_limit: 10 * limit, ram_gb_granted: 10 * granted, ram_gb_used: 10 * used },
});
const field = { level: 'field' as const, id: 'north', name: 'North' };
const department = { level: 'department' as const, id: 'vision', name: 'Vision' };
const sibling = { level: 'department' as const, id: 'audio', name: 'Audio' };
const team = { level: 'team' as const, id: 'cats', name: 'Cats' };

describe('the plan of a limit', () => {
  test('moves the parent’s grants by as much as the limit moves, each resource by its own', () => {
    const shares = [
      { ...field, share: share(100, 60, 8) },
      { ...department, share: share(40, 30, 8) },
    ];
    const { node, parent } = planLimit(shares, { node: department, parent: field }, { cpu: 45, ramGb: 350 });
    expect(node.after).toEqual({ ...share(40, 30, 8), cpu_limit: 45, ram_gb_limit: 350 });
    expect(parent.after).toEqual({ ...share(100, 60, 8), cpu_granted: 65, ram_gb_granted: 550 });
  });

  test('of a team counts all of it as granted', () => {
    const shares = [
      { ...department, share: share(40, 30, 8) },
      { ...team, share: share(30, 30, 8) },
    ];
    const { node } = planLimit(shares, { node: team, parent: department }, { cpu: 20, ramGb: 200 });
    expect(node).toEqual({ ...team, before: share(30, 30, 8), after: share(20, 20, 8) });
  });

  test('leaves the siblings as they are, in their order', () => {
    const shares = [
      { ...field, share: share(100, 60, 8) },
      { ...sibling, share: share(50, 0, 0) },
      { ...department, share: share(10, 0, 8) },
    ];
    const { siblings } = planLimit(shares, { node: department, parent: field }, { cpu: 0, ramGb: 0 });
    expect(siblings).toEqual([{ ...sibling, before: share(50, 0, 0), after: share(50, 0, 0) }]);
  });

  test('of who has nothing yet starts from nothing', () => {
    const { node, parent, siblings } = planLimit([], { node: department, parent: field }, { cpu: 1, ramGb: 10 });
    expect(node).toEqual({ ...department, before: share(0, 0, 0), after: share(1, 0, 0) });
    expect(parent).toEqual({ ...field, before: share(0, 0, 0), after: share(0, 1, 0) });
    expect(siblings).toEqual([]);
  });
});
