import pg from 'pg';
import { expect, test } from 'vitest';
import { asRefusal } from '../../server/platform/refusal.ts';

const ofPostgres = (code: string) => Object.assign(new pg.DatabaseError('it says no', 9, 'error'), { code });

test.each([
  ['a lock that was not had in time', '55P03'],
  ['a statement that took too long', '57014'],
  ['a deadlock', '40P01'],
  ['too many connections', '53300'],
  ['a server that ends', '57P01'],
])('%s can be asked again, also where no transaction tried', (_, code) => {
  expect(asRefusal(new Error('Failed query', { cause: ofPostgres(code) }))).toMatchObject({ code: 'BUSY' });
});

test('a database at none of its addresses can be asked again', () => {
  const error = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
  expect(asRefusal(error)).toMatchObject({ code: 'BUSY' });
});

test('a client that went away while it was sending is no failure of the database', () => {
  const error = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  expect(asRefusal(error)).toMatchObject({ code: 'VALIDATION_FAILED' });
});

test('what nobody foresaw is ours', () => {
  expect(asRefusal(new Error('oh'))).toMatchObject({ code: 'INTERNAL' });
  expect(asRefusal(ofPostgres('23514'))).toMatchObject({ code: 'INTERNAL' });
});
