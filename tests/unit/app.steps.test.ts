import { expect, test } from 'vitest';
import { stepStates } from '../../app/features/projects/steps.ts';

test('right after a create, the commit is what one waits for', () => {
  expect(stepStates(['reserved'], 'provisioning')).toEqual(['done', 'current', 'ahead', 'ahead']);
});

test('once Argo CD was asked, syncing is what one waits for', () => {
  expect(stepStates(['reserved', 'committed', 'syncing', 'waiting'], 'provisioning')).toEqual([
    'done',
    'done',
    'current',
    'ahead',
  ]);
});

test('a healthy namespace is the end of the way', () => {
  const kinds = ['reserved', 'committed', 'syncing', 'healthy'] as const;
  expect(stepStates([...kinds], 'active')).toEqual(['done', 'done', 'done', 'done']);
});

test('a failure shows where it stopped, also after the clean-up', () => {
  const kinds = ['reserved', 'committed', 'syncing', 'failing', 'removed', 'failed'] as const;
  expect(stepStates([...kinds], 'failed')).toEqual(['done', 'done', 'stopped', 'ahead']);
});

test('a second attempt starts over', () => {
  const kinds = ['reserved', 'committed', 'syncing', 'failing', 'removed', 'failed', 'reserved'] as const;
  expect(stepStates([...kinds], 'provisioning')).toEqual(['done', 'current', 'ahead', 'ahead']);
});
