import { expect, test } from 'vitest';
import { describeAction } from '../../app/features/audit/words.ts';
import { changesOf } from '../../app/ui/changes.ts';
import { count, delta, plural, relativeTime } from '../../app/ui/format.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test.each([
  ['2026-03-01T11:59:40Z', 'just now'],
  ['2026-03-01T11:57:00Z', '3 minutes ago'],
  ['2026-03-01T14:00:00Z', 'in 2 hours'],
  ['2026-02-28T12:00:00Z', 'yesterday'],
])('%s is told as "%s"', (at, words) => {
  expect(relativeTime(at, NOW)).toBe(words);
});

test('numbers have thousands separated, and what is taken away has a true minus', () => {
  expect([count(12345), delta(16), delta(-8), delta(0)]).toEqual(['12,345', '+16', '−8', '0']);
  expect([plural(1, 'server'), plural(1200, 'server')]).toEqual(['1 server', '1,200 servers']);
});

test('an audit event tells only what changed', () => {
  expect(changesOf({ cpu_limit: 8, site: 'haifa' }, { cpu_limit: 16, site: 'haifa', note: null })).toEqual([
    { name: 'cpu_limit', before: '8', after: '16' },
    { name: 'note', before: undefined, after: 'null' },
  ]);
});

test('an act is told in words that its target completes, known or not', () => {
  expect(describeAction('team_quota.set')).toBe('Set the quota of team');
  expect(describeAction('department.create')).toBe('Created department');
  expect(describeAction('project.force_decommission')).toBe('force decommission project');
});
