import { expect, test } from 'vitest';
import { syncConcern, unreadableConcerns } from '../../app/features/overview/attention.ts';

test('what cannot be read outside is told with its reason and with what to do, before any project waits for it', () => {
  const missing = { source: 'argocd', name: 'tenants-haifa', reason: 'There is no such application' } as const;
  expect(unreadableConcerns([missing])).toMatchObject([
    {
      kind: 'bad',
      title: 'Argo CD: tenants-haifa cannot be read',
      text: 'There is no such application. See that it answers, that the application exists, and that InfraHub’s token may read and sync it.',
    },
  ]);
});

test('a sync that withheld needs somebody only until it is settled', () => {
  const run = { id: 'r', outcome: 'withheld', error: null, withheld_offline: 20 };
  expect(syncConcern({ ...run, needs_confirmation: true })).toHaveLength(1);
  expect(syncConcern({ ...run, needs_confirmation: false })).toEqual([]);
});
