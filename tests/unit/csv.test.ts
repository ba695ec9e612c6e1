import { expect, test } from 'vitest';
import { csvOf } from '../../server/platform/csv.ts';

test('a cell that a spreadsheet would run as a formula is made plain text', () => {
  expect(csvOf(['name', 'cpu'], [{ name: '=cmd()', cpu: -3 }])).toBe("name,cpu\r\n'=cmd(),-3\r\n");
});

test('commas, quotes and line breaks stay inside their cell', () => {
  expect(csvOf(['name'], [{ name: 'a,"b"\nc' }])).toBe('name\r\n"a,""b""\nc"\r\n');
});
