import { expect, test } from 'vitest';
import { z } from 'zod';
import '../../server/platform/issue-words.ts';
import { HTTP_STATUS, ValidationError } from '../../server/platform/errors.ts';
import { id } from '../../server/platform/schema.ts';

test('an id in capitals is the same id', () => {
  expect(id.parse('EB81890A-4C54-4C53-9D0F-0C2B6A5B6C11')).toBe('eb81890a-4c54-4c53-9d0f-0c2b6a5b6c11');
});

test('of six thousand things that are wrong, fifty are told', () => {
  const issues = Array.from({ length: 6_000 }, (_, i) => ({ path: `unknown_${i}`, message: 'There is no such part' }));
  const error = new ValidationError(issues);
  expect(HTTP_STATUS[error.code]).toBe(400);
  expect(error.details).toEqual({ issues: issues.slice(0, 50) });
});

test.each([
  [z.string().min(1), '', 'must have at least 1 character'],
  [z.string().max(2), 'abc', 'must have at most 2 characters'],
  [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 item'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.number().lt(5), 5, 'must be less than 5'],
  [z.number().min(1), 0, 'must be at least 1'],
])('a value beyond its bounds is told in words: %#', (schema, value, words) => {
  expect(schema.safeParse(value).error?.issues.map(({ message }) => message)).toEqual([words]);
});
