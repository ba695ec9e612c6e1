import { expect, test } from 'vitest';
import { stepsOf } from '../../app/features/projects/steps.ts';
import type { EventKind, ProjectStatus } from '../../server/projects/projects.schema.ts';

const statesOf = (kinds: EventKind[], status: ProjectStatus) => stepsOf(kinds, status).map(({ state }) => state);

test('right after a create, the commit is what one waits for', () => {
  expect(statesOf(['reserved'], 'provisioning')).toEqual(['done', 'current', 'ahead', 'ahead']);
});

test('once Argo CD was asked, syncing is what one waits for', () => {
  expect(statesOf(['reserved', 'committed', 'syncing', 'waiting'], 'provisioning')).toEqual([
    'done',
    'done',
    'current',
    'ahead',
  ]);
});

test('a healthy namespace is the end of the way', () => {
  const kinds = ['reserved', 'committed', 'syncing', 'healthy'] as const;
  expect(statesOf([...kinds], 'active')).toEqual(['done', 'done', 'done', 'done']);
});

test('a failure shows where it stopped, also after the clean-up', () => {
  const kinds = ['reserved', 'committed', 'syncing', 'failing', 'removed', 'failed'] as const;
  expect(statesOf([...kinds], 'failed')).toEqual(['done', 'done', 'stopped', 'ahead']);
});

test('a second attempt starts over', () => {
  const kinds = ['reserved', 'committed', 'syncing', 'failing', 'removed', 'failed', 'reserved'] as const;
  expect(statesOf([...kinds], 'provisioning')).toEqual(['done', 'current', 'ahead', 'ahead']);
});

test('a resize goes its own way', () => {
  const kinds = ['reserved', 'committed', 'syncing', 'healthy', 'resizing', 'committed'] as const;
  const steps = stepsOf([...kinds], 'updating');
  expect(steps.map(({ label }) => label)).toEqual(['Asked for', 'Committed', 'Syncing', 'Resized']);
  expect(steps.map(({ state }) => state)).toEqual(['done', 'done', 'current', 'ahead']);
});

test('a resize that failed stays stopped where it failed, though its way back is committed too', () => {
  const kinds = ['resizing', 'failing', 'committed', 'syncing', 'restored'] as const;
  expect(statesOf([...kinds], 'active')).toEqual(['done', 'stopped', 'ahead', 'ahead']);
});

test('a decommissioned project is gone to the last step', () => {
  const kinds = ['reserved', 'healthy', 'decommissioning', 'removed', 'syncing', 'decommissioned'] as const;
  expect(statesOf([...kinds], 'decommissioned')).toEqual(['done', 'done', 'done', 'done']);
});
