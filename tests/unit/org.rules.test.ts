import { expect, test } from 'vitest';
import { whyNotDeleted } from '../../server/org/org.rules.ts';

test('a refused deletion names what is in the way and what to do first', () => {
  expect(
    whyNotDeleted('field', 'Vision', [
      { what: 'departments', count: 3 },
      { what: 'servers', count: 12 },
    ]),
  ).toBe(
    'The field “Vision” still has 3 departments and 12 servers. First delete its departments and release its servers.',
  );
});

test('one thing in the way is named in the singular', () => {
  expect(whyNotDeleted('team', 'Cats', [{ what: 'quotas', count: 1 }])).toBe(
    'The team “Cats” still has 1 quota. First set its quotas to 0.',
  );
});
