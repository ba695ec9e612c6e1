import { expect, test } from 'vitest';
import { describe } from '../../app/features/audit/words.ts';
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

test('an act is told in words, known or not', () => {
  const told = (action: string, target_name: string, after: Record<string, unknown> | null = null) => {
    const { act, target = '', outcome = '' } = describe({ action, target_name, after });
    return [act, target, outcome].filter(Boolean).join(' ');
  };
  expect(told('team_quota.set', 'Cats')).toBe('Set the quota of team Cats');
  expect(told('department.create', 'Vision')).toBe('Created department Vision');
  expect(told('session.sign_in', 'noa')).toBe('Signed in');
  expect(told('servers.sync', 'manual')).toBe('Synced the servers by hand');
  expect(told('project.change_status', 'routing', { status: 'rolling_back' })).toBe(
    'Project routing is now rolling back',
  );
  expect(told('project.force_decommission', 'routing')).toBe('force decommission project routing');
});
