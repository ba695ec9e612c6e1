import { expect, test } from 'vitest';
import { projects } from '../../db/schema/index.ts';

test.each([
  ['2026-11-24 21:04:05+00', '2026-11-24T21:04:05.000Z'],
  ['2026-11-24 21:04:05.5+00', '2026-11-24T21:04:05.500Z'],
  ['2026-11-24 21:04:05.12+00', '2026-11-24T21:04:05.120Z'],
  ['2026-11-24 21:04:05.007+00', '2026-11-24T21:04:05.007Z'],
  ['2026-11-24 23:04:05.007+02', '2026-11-24T21:04:05.007Z'],
  ['2026-11-25 02:34:05.5+05:30', '2026-11-24T21:04:05.500Z'],
])('a moment that PostgreSQL tells as %s is %s', (text, iso) => {
  expect(projects.createdAt.mapFromDriverValue(text)).toBe(iso);
});
