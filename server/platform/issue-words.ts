import { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

const TYPES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};
const FORMATS: Record<string, string> = {
  uuid: 'must be an id (a UUID)',
  datetime: 'must be a time such as 2026-03-02T09:30:00Z',
  date: 'must be a date such as 2026-03-02',
  regex: 'is not of the form that this takes',
};
const MISSING = new Set(['invalid_type', 'invalid_value', 'invalid_union']);
const UNITS: Record<string, string> = { string: 'character', array: 'item' };

/** What is wrong with a value, in words for people; undefined leaves it to zod. */
function inWords(issue: Issue): string | undefined {
  if (issue.input === undefined && MISSING.has(issue.code)) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_format':
      return FORMATS[issue.format];
    default:
      return undefined;
  }
}

function bound(origin: string, side: string, limit: number | bigint): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `must be ${side} ${limit}`;
  return `must have ${side} ${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`;
}

// For every schema that has no words of its own: at all doors, and in the settings.
z.config({ customError: inWords });
