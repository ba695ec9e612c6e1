import { describe, expect, test } from 'vitest';
import type { Size } from '../../db/schema/index.ts';
import { commitMessage } from '../../server/provisioning/commit-message.rules.ts';
import { canFail, endOf, failureOf, reasonOf, wantedOf } from '../../server/provisioning/operation.rules.ts';

const BRONZE: Size = { sla: 'bronze', tier: 'regular', cpu: 2, ram_gb: 4 };
const SILVER: Size = { sla: 'silver', tier: 'high_performance', cpu: 8, ram_gb: 32 };
/** Fewer cores and more memory than SILVER, as no real size has: neither is the larger. */
const GOLD: Size = { sla: 'gold', tier: 'regular', cpu: 4, ram_gb: 64 };

const reason = 'Argo CD’s sync failed: no';
const bronze = { cpu: 2, ramGb: 4 };
const provision = { kind: 'provision', state: 'syncing', before: null, after: BRONZE, reason, ...bronze } as const;
const decommission = {
  kind: 'decommission',
  state: 'syncing',
  before: BRONZE,
  after: null,
  reason,
  ...bronze,
} as const;
const grow = { kind: 'resize', state: 'syncing', before: BRONZE, after: SILVER, reason, cpu: 8, ramGb: 32 } as const;
const shrink = { ...grow, before: SILVER, after: BRONZE } as const;
const across = { ...grow, after: GOLD, before: SILVER, cpu: 8, ramGb: 64 } as const;
const undone = { state: 'undone' } as const;

test('an operation wants what is to be, and once it has failed what was', () => {
  for (const state of ['requested', 'committed', 'syncing'] as const) {
    expect(wantedOf({ ...grow, state })).toBe(SILVER);
    expect(wantedOf({ ...decommission, state })).toBeNull();
  }
  for (const state of ['undoing', 'undone'] as const) {
    expect(wantedOf({ ...grow, state })).toBe(BRONZE);
    expect(wantedOf({ ...provision, state })).toBeNull();
  }
});

describe('the end of an operation', () => {
  test.each([
    ['a provision', provision, 'active', 'healthy', undefined],
    ['one undone', { ...provision, ...undone }, 'failed', 'failed', { kind: 'release', cpu: -2, ramGb: -4 }],
    ['a decommission', decommission, 'decommissioned', 'decommissioned', { kind: 'release', cpu: -2, ramGb: -4 }],
    ['a larger size', grow, 'active', 'resized', undefined],
    ['one undone', { ...grow, ...undone }, 'active', 'restored', { kind: 'release', cpu: -6, ramGb: -28 }],
    ['a smaller size', shrink, 'active', 'resized', { kind: 'adjust', cpu: -6, ramGb: -28 }],
    ['one undone', { ...shrink, ...undone }, 'active', 'restored', undefined],
    ['a size both larger and smaller', across, 'active', 'resized', { kind: 'adjust', cpu: -4, ramGb: 0 }],
    ['one undone', { ...across, ...undone }, 'active', 'restored', { kind: 'release', cpu: 0, ramGb: -32 }],
  ] as const)('of %s', (_, operation, to, kind, usage) => {
    const end = endOf(operation);
    expect(end).toMatchObject({ change: { to, event: { kind } }, usage });
    expect(end.change.size ?? null).toBe(wantedOf(operation));
  });

  test('says how much came back, and why it failed', () => {
    expect(endOf({ ...provision, ...undone }).change).toMatchObject({
      reason: 'Argo CD’s sync failed: no.',
      event: { message: 'Cleaned up; 2 cores and 4 GiB given back' },
    });
    expect(endOf(grow).change).toMatchObject({ reason: null, event: { message: 'The namespace has its new size' } });
  });
});

test('only what brings something new can fail; removals and ways back are waited for', () => {
  expect(canFail(provision)).toBe(true);
  expect(canFail(grow)).toBe(true);
  for (const operation of [decommission, { ...provision, ...undone }, { ...grow, ...undone }]) {
    expect(canFail(operation)).toBe(false);
  }
});

test('a provision that fails is rolled back; a project whose resize fails stays where it is', () => {
  expect(failureOf(provision, 'denied.')).toEqual({ to: 'rolling_back', reason: 'denied' });
  expect(failureOf(grow, 'denied.')).toEqual({ to: undefined, reason: 'The resize failed: denied' });
});

test.each([
  [provision, undefined, null],
  [provision, 'Argo CD is syncing', 'Argo CD is syncing.'],
  [{ ...provision, ...undone }, 'Soon', 'Argo CD’s sync failed: no. Quota is held until clean-up is done. Soon.'],
  [grow, undefined, 'The larger of both sizes is held until the new one is confirmed.'],
  [
    { ...grow, ...undone },
    undefined,
    'Argo CD’s sync failed: no. The larger of both sizes is held until the old one is back.',
  ],
  [decommission, 'Argo CD is syncing', 'Quota is held until the namespace is gone. Argo CD is syncing.'],
] as const)('a page says what is held until when, and what is waited for (%#)', (operation, text, said) => {
  expect(reasonOf(operation, text)).toBe(said);
});

const named = (name: string) => ({ id: `id-of-${name}`, name, namespace: `t1-${name}`, teamName: 'Vision' });

test('a commit names what it is for', () => {
  expect(commitMessage([{ ...provision, ...named('api') }])).toBe(`Provision api

+ t1-api (Vision: api)

InfraHub-Operation: id-of-api
`);
});

test('a commit for many says what happens to each', () => {
  const operations = [
    { ...decommission, ...named('old') },
    { ...provision, state: 'undoing' as const, ...named('bad') },
    { ...provision, ...named('api') },
    { ...grow, ...named('web') },
    { ...provision, ...named('db') },
    { ...shrink, state: 'undoing' as const, ...named('job') },
  ];
  expect(commitMessage(operations)).toBe(`Provision 2 projects, Remove bad, Resize web, Restore job, Decommission old

+ t1-api (Vision: api)
+ t1-db (Vision: db)
- t1-bad (Vision: bad)
~ t1-web (Vision: web) silver high_performance
~ t1-job (Vision: job) silver high_performance
- t1-old (Vision: old)

InfraHub-Operation: id-of-old
InfraHub-Operation: id-of-bad undone
InfraHub-Operation: id-of-api
InfraHub-Operation: id-of-web
InfraHub-Operation: id-of-db
InfraHub-Operation: id-of-job undone
`);
});
