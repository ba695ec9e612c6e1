import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { selectRows } from '../../server/platform/database.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const sites = z.object({ site: z.string(), servers: z.number() });

test('rows are what they are said to be', async () => {
  const statement = sql`select site, servers::int from (values ('eilat', 1), ('haifa', 2)) as s(site, servers)`;
  expect(await selectRows(database.db, sites, statement)).toEqual([
    { site: 'eilat', servers: 1 },
    { site: 'haifa', servers: 2 },
  ]);
});

test('a row that is something else is told, and not handed on', async () => {
  // PostgreSQL counts in bigint, which arrives as text.
  const counted = selectRows(database.db, sites, sql`select 'haifa' as site, count(*) as servers`);
  await expect(counted).rejects.toThrow(z.ZodError);
});

test('no statement’s rows have a type that is only asserted', async () => {
  const files = await readdir('server', { recursive: true });
  const asserting = await Promise.all(
    files
      .filter((file) => file.endsWith('.ts') && !file.startsWith('demo/'))
      .map(async (file) => (/\.(execute|query)</.test(await readFile(`server/${file}`, 'utf8')) ? [file] : [])),
  );
  expect(asserting.flat()).toEqual([]);
});
