import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startDirectory } from '../../server/demo/directory.ts';
import { newCenter, newField } from '../factories/org.ts';
import { appForTests, startApp } from '../support/app.ts';
import { type Call, json, restOf } from '../support/rest.ts';

const app = appForTests();

const rest = (path: string, call?: Call) => restOf(app.url).rest(path, call);
const csv = { headers: { accept: 'text/csv' } };
const page = z.object({ items: z.array(z.object({ id: z.string() })), next_cursor: z.string().nullable() });

/** The address of the next page, as clients of Link headers read it. */
const nextOf = (link: string | null): string | undefined => /^<\/api\/v1([^>]+)>; rel="next"$/.exec(link ?? '')?.[1];

async function centerWithFields(names: string[]) {
  const { id } = await newCenter(app.database.db);
  for (const name of names) await newField(app.database.db, { centerId: id, name });
  return id;
}

test('a create answers 201 with the address of what was made', async () => {
  const name = `made-${randomUUID()}`;
  const { status, headers } = await rest('/centers', json({ name }));
  expect(status).toBe(201);
  const again = await rest((headers.get('location') ?? '').replace('/api/v1', ''));
  expect(JSON.parse(again.text)).toMatchObject({ name });
});

test('following Link leads through every item once, and ends', async () => {
  const center = await centerWithFields(['a', 'b', 'c', 'd', 'e']);
  const ids: string[] = [];
  let address: string | undefined = `/fields?center_id=${center}&limit=2`;
  for (let pages = 0; address !== undefined && pages < 4; pages++) {
    const { text, headers } = await rest(address);
    ids.push(...page.parse(JSON.parse(text)).items.map(({ id }) => id));
    address = nextOf(headers.get('link'));
  }
  expect({ items: ids.length, different: new Set(ids).size, more: address }).toEqual({
    items: 5,
    different: 5,
    more: undefined,
  });
});

test('a list is CSV for who asks for it, page by page, with names that are no formulas', async () => {
  const center = await centerWithFields(['=1+1', 'plain']);
  const { text, headers } = await rest(`/fields?center_id=${center}&limit=1`, csv);
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(text.split('\r\n')).toEqual([
    'id,name,created_at,center_id',
    expect.stringMatching(new RegExp(`^[0-9a-f-]{36},'=1\\+1,[^,]+,${center}$`)),
    '',
  ]);
  expect(nextOf(headers.get('link'))).toContain(`cursor=${headers.get('x-next-cursor')}`);
});

test('an empty list is a CSV with its header', async () => {
  expect((await rest(`/fields?center_id=${randomUUID()}`, csv)).text).toBe('id,name,created_at,center_id\r\n');
});

test.each([
  ['text/csv;q=0.5, application/json', 'application/json'],
  ['text/csv, application/json;q=0.5', 'text/csv; charset=utf-8'],
  ['text/csv;q=0', 'application/json'],
  ['*/*', 'application/json'],
  ['text/html', 'application/json'],
])('who accepts “%s” gets %s', async (accept, type) => {
  expect((await rest('/centers', { headers: { accept } })).headers.get('content-type')).toBe(type);
});

test('what is no list stays JSON', async () => {
  expect((await rest('/org/tree', csv)).headers.get('content-type')).toBe('application/json');
});

test('HEAD is what GET says, without its body', async () => {
  const { status, headers, text } = await rest('/centers', { method: 'HEAD' });
  expect({ status, type: headers.get('content-type'), text }).toEqual({
    status: 200,
    type: 'application/json',
    text: '',
  });
});

test('OPTIONS names the methods of an address, without a token', async () => {
  const { status, headers } = await rest(`/centers/${randomUUID()}`, { method: 'OPTIONS', token: null });
  expect({ status, allow: headers.get('allow') }).toEqual({ status: 204, allow: 'GET, HEAD, PATCH, DELETE, OPTIONS' });
});

test('OPTIONS of nothing is 404', async () => {
  expect((await rest('/nothing', { method: 'OPTIONS' })).status).toBe(404);
});

test('what is gone answers 204 and nothing', async () => {
  const { id } = await newCenter(app.database.db);
  expect(await rest(`/centers/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204, text: '' });
});

test('a refused token is told which kind is wanted', async () => {
  expect((await rest('/centers', { token: 'nonsense' })).headers.get('www-authenticate')).toBe('Bearer');
});

test('who guesses passwords is told by both doors how long to wait', async () => {
  const directory = await startDirectory({ people: [{ username: 'guessed', password: 'right' }], groups: [] });
  const guarded = await startApp(app.database, {}, { ...directory.env, SIGN_IN_TRIES: '1' });
  const wrong = { username: 'guessed', password: 'wrong' };
  const { refusal } = restOf(guarded.url);
  await refusal('/auth/login', { ...json(wrong), token: null });
  const { status, code, details, headers } = await refusal('/auth/login', { ...json(wrong), token: null });
  const trpc = await fetch(`${guarded.url}/api/trpc/auth.login`, json(wrong));
  await guarded.stop();
  await directory.stop();
  expect({ status, code }).toEqual({ status: 429, code: 'TOO_MANY_REQUESTS' });
  expect(headers.get('retry-after')).toBe(String(details.retry_after_seconds));
  expect(trpc.status).toBe(429);
  expect(Number(trpc.headers.get('retry-after'))).toBeGreaterThan(0);
});
