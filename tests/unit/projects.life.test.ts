import { expect, test } from 'vitest';
import type { Size } from '../../db/schema/index.ts';
import { decommissioned, resized, resizeRefusal, retried, stateRefusal } from '../../server/projects/life.rules.ts';
import { projectStatus } from '../../server/projects/projects.schema.ts';

const BRONZE: Size = { sla: 'bronze', tier: 'regular', cpu: 2, ram_gb: 4 };
const GOLD: Size = { sla: 'gold', tier: 'high_performance', cpu: 16, ram_gb: 64 };
/** Fewer cores and more memory than GOLD, as no real size has. */
const WIDE: Size = { sla: 'silver', tier: 'regular', cpu: 8, ram_gb: 128 };
const living = (size = BRONZE, status: 'active' | 'failed' = 'active') => ({
  name: 'api',
  site: 'haifa',
  status,
  size,
});

test.each([
  ['retry', ['failed']],
  ['resize', ['active']],
  ['decommission', ['active', 'failed']],
] as const)('%s is possible in these states and in no others', (act, possible) => {
  const allowed = projectStatus.options.filter((status) => !stateRefusal(act, { name: 'api', status }));
  expect(allowed).toEqual(possible);
});

test.each([
  [
    'resize',
    'provisioning',
    'Project api cannot be resized now. It is being provisioned: wait until it is active or has failed.',
  ],
  [
    'decommission',
    'updating',
    'Project api cannot be decommissioned now. It is being resized: wait until it is active again.',
  ],
  ['retry', 'active', 'Project api cannot be retried now. It is active: it can be resized or decommissioned.'],
  ['resize', 'failed', 'Project api cannot be resized now. It has failed: it can be retried or decommissioned.'],
] as const)('%s of a project that is %s: refused with what to do instead', (act, status, message) => {
  expect(stateRefusal(act, { name: 'api', status })).toMatchObject({
    code: 'INVALID_STATE',
    message,
    details: { status },
  });
});

test('a resize to what it is already is refused, but one of its parts may stay', () => {
  expect(resizeRefusal(living(GOLD), GOLD)?.message).toBe(
    'Project api is gold high performance already. Choose another SLA type or tier.',
  );
  expect(resizeRefusal(living(GOLD), { ...GOLD, tier: 'regular' })).toBeUndefined();
  expect(resizeRefusal(living(GOLD), { ...GOLD, sla: 'silver' })).toBeUndefined();
});

test.each([
  ['grows', BRONZE, GOLD, { cpu: 16, ram_gb: 64 }, { cpu: 14, ram_gb: 60 }],
  ['shrinks', GOLD, BRONZE, { cpu: 16, ram_gb: 64 }, { cpu: 0, ram_gb: 0 }],
  ['does both', GOLD, WIDE, { cpu: 16, ram_gb: 128 }, { cpu: 0, ram_gb: 64 }],
])('a project that %s holds the larger of both sizes, resource by resource', (_, before, after, holds, reserve) => {
  const turn = resized(living(before), after);
  expect(turn).toMatchObject({ to: 'updating', holds: { sla: before.sla, tier: before.tier, ...holds }, reserve });
  expect(turn.operation).toEqual({ kind: 'resize', before, after });
});

test('a retry reserves what the project is, and takes the way of a new one', () => {
  expect(retried(living(GOLD, 'failed'))).toMatchObject({
    to: 'provisioning',
    reserve: { cpu: 16, ram_gb: 64 },
    operation: { kind: 'provision', before: null, after: GOLD },
    event: { kind: 'reserved', message: 'Quota reserved: 16 cores and 64 GiB at haifa' },
  });
});

test('a decommission takes and gives nothing yet; of a failed project nothing is left to do', () => {
  expect(decommissioned(living())).toMatchObject({
    to: 'decommissioning',
    reserve: { cpu: 0, ram_gb: 0 },
    operation: { kind: 'decommission', before: BRONZE, after: null },
  });
  expect(decommissioned(living(BRONZE, 'failed'))).toMatchObject({ to: 'decommissioned', operation: undefined });
});
