import { expect, test } from 'vitest';
import { issuesOf, problemOf } from '../../app/ui/problem.ts';

const refused = (details: Record<string, unknown>) =>
  problemOf({ code: 'VALIDATION_FAILED', message: 'Some of the input cannot be used.', request_id: 'r', details });

test('input that cannot be used is told part by part, in words', () => {
  const issues = [{ path: 'cpu_limit', message: 'must be at most 100,000,000' }];
  expect(issuesOf(refused({ issues }))).toEqual(['cpu limit must be at most 100,000,000']);
});

test('a refusal that names no part of the input has nothing more to tell', () => {
  expect(issuesOf(refused({}))).toEqual([]);
  expect(issuesOf(refused({ issues: 'all of it' }))).toEqual([]);
});
