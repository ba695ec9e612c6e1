import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { AppRouter } from '../../server/router.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newDepartment } from '../factories/org.ts';
import { startApp } from '../support/app.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type Call, json, restOf } from '../support/rest.ts';

let database: TestDatabase;
let app: Awaited<ReturnType<typeof startApp>>;
let departmentId: string;

beforeAll(async () => {
  database = await freshDatabase();
  departmentId = (await newDepartment(database.db)).id;
  app = await startApp(database, { admin: centerAdmin(), outsider: adminOf('dept_admin', randomUUID()) });
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

const rest = (path: string, call?: Call) => restOf(app.url).rest(path, call);
const refusal = (path: string, call?: Call) => restOf(app.url).refusal(path, call);

const LATIN = Uint8Array.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]);
const PROTO = '{"name":"a","__proto__":{"admin":true}}';
const NESTED = `{"name":${'['.repeat(40)}${']'.repeat(40)}}`;
const typed = (type: string): Call => ({ ...json({ name: 'a' }), headers: { 'content-type': type } });
const compressed = (): Call => ({
  ...json(1),
  headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  body: gzipSync('{"name":"a"}'),
});
const rename = (): Call => ({ ...json({ id: randomUUID(), name: 'a' }), method: 'PATCH' });
const keyed = (key: string): Call => {
  const call = json({ name: `keyed-${randomUUID()}` });
  return { ...call, headers: { ...call.headers, 'idempotency-key': key } };
};

describe('every failure at the REST door has the one shape', () => {
  test.each<[string, string, Call, number, string]>([
    ['no token', '/centers', { token: null }, 401, 'UNAUTHENTICATED'],
    ['a token that is none', '/centers', { token: 'nonsense' }, 401, 'UNAUTHENTICATED'],
    ['an unknown address', '/nothing', {}, 404, 'NOT_FOUND'],
    ['an address with a slash too many', '/centers/', {}, 404, 'NOT_FOUND'],
    ['an address outside of v1', '/../v2', {}, 404, 'NOT_FOUND'],
    ['an address that is no UTF-8', '/centers/%ff', {}, 400, 'VALIDATION_FAILED'],
    ['an address with half an escape', '/centers/%zz', {}, 400, 'VALIDATION_FAILED'],
    ['a query that is no UTF-8', '/centers?text=%e0%a4', {}, 400, 'VALIDATION_FAILED'],
    ['NUL in the address', '/teams/%00', {}, 400, 'VALIDATION_FAILED'],
    ['a wrong method', '/centers', { method: 'PATCH' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a method that nobody knows', '/centers', { method: 'BREW' }, 400, 'VALIDATION_FAILED'],
    ['a body that is no JSON', '/centers', { ...json(1), body: '{"name":' }, 400, 'VALIDATION_FAILED'],
    ['a body that is no UTF-8', '/centers', { ...json(1), body: LATIN }, 400, 'VALIDATION_FAILED'],
    ['no body', '/centers', { method: 'POST' }, 400, 'VALIDATION_FAILED'],
    ['a body that is no object', '/centers', json([1]), 400, 'VALIDATION_FAILED'],
    ['a body that is nothing', '/centers', json(null), 400, 'VALIDATION_FAILED'],
    ['an unknown field', '/centers', json({ name: 'a', extra: 1 }), 400, 'VALIDATION_FAILED'],
    ['one name twice', '/centers', { ...json(1), body: '{"name":"a","n\\u0061me":"b"}' }, 400, 'VALIDATION_FAILED'],
    ['a field of every object', '/centers', { ...json(1), body: PROTO }, 400, 'VALIDATION_FAILED'],
    ['a body of 100,000 brackets', '/centers', { ...json(1), body: '['.repeat(100_000) }, 400, 'VALIDATION_FAILED'],
    ['a body 40 deep', '/centers', { ...json(1), body: NESTED }, 400, 'VALIDATION_FAILED'],
    ['NUL in a name', '/centers', json({ name: 'a\0b' }), 400, 'VALIDATION_FAILED'],
    ['NUL where nothing forbids it', '/audit?actor=a%00b', {}, 400, 'VALIDATION_FAILED'],
    ['a form', '/centers', { method: 'POST', body: new URLSearchParams({ name: 'a' }) }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body without a type', '/centers', { method: 'POST', body: LATIN }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['JSON in UTF-16', '/centers', typed('application/json; charset=utf-16'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['JSON of another kind', '/centers', typed('application/json-patch+json'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body that is compressed', '/centers', compressed(), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body over 256 KiB', '/centers', json({ name: 'a'.repeat(300_000) }), 413, 'PAYLOAD_TOO_LARGE'],
    ['an id that is none', '/centers/7', {}, 400, 'VALIDATION_FAILED'],
    ['an id of nothing', `/centers/${randomUUID()}`, {}, 404, 'NOT_FOUND'],
    ['an id in the body as well', `/centers/${randomUUID()}`, rename(), 400, 'VALIDATION_FAILED'],
    ['a limit out of bounds', '/centers?limit=201', {}, 400, 'VALIDATION_FAILED'],
    ['a limit that is no number', '/centers?limit=1e2', {}, 400, 'VALIDATION_FAILED'],
    ['one parameter twice', '/centers?limit=1&limit=2', {}, 400, 'VALIDATION_FAILED'],
    ['an unknown parameter', '/centers?colour=red', {}, 400, 'VALIDATION_FAILED'],
    ['a parameter where there are none', '/org/tree?x=1', {}, 400, 'VALIDATION_FAILED'],
    ['a parameter beside a body', '/centers?name=b', json({ name: 'a' }), 400, 'VALIDATION_FAILED'],
    ['a cursor from nowhere', '/centers?cursor=abc', {}, 400, 'VALIDATION_FAILED'],
    ['an idempotency key of nothing', '/centers', keyed(''), 400, 'VALIDATION_FAILED'],
    ['an idempotency key of 201 characters', '/centers', keyed('k'.repeat(201)), 400, 'VALIDATION_FAILED'],
    ['an idempotency key that is not ASCII', '/centers', keyed('clé'), 400, 'VALIDATION_FAILED'],
  ])('%s', async (_, path, call, status, code) => {
    expect(await refusal(path, call)).toMatchObject({ status, code });
  });

  test.each<[string, Call, string, string]>([
    ['/centers', json({}), 'name', 'is missing'],
    ['/centers', json({ name: 7 }), 'name', 'must be text'],
    ['/centers', json({ name: 'a', colour: 'red' }), 'colour', 'is not known here'],
    ['/centers?limit=201', {}, 'limit', 'must be at most 200'],
    ['/servers?status=burning', {}, 'status', 'must be one of online, offline'],
    ['/centers/7', {}, 'id', 'must be an id (a UUID)'],
  ])('%s says in words what is wrong', async (path, call, where, message) => {
    expect(await refusal(path, call)).toMatchObject({ details: { issues: [{ path: where, message }] } });
  });

  test('what lies out of scope is 403 when it is named', async () => {
    expect(await refusal(`/departments/${departmentId}`, { token: 'outsider' })).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
  });

  test('a wrong method is told the right ones', async () => {
    const { headers } = await refusal('/centers', { method: 'PATCH' });
    expect(headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
  });

  test('a system outside that is down is 503 with Retry-After', async () => {
    const { status, code, headers } = await refusal('/auth/login', {
      ...json({ username: 'a', password: 'b' }),
      token: null,
    });
    expect({ status, code, retry: headers.get('retry-after') }).toEqual({
      status: 503,
      code: 'DIRECTORY_UNAVAILABLE',
      retry: '5',
    });
  });
});

test('a body that comes in pieces, without a length, is read like any other', async () => {
  const body = new Blob([JSON.stringify({ name: `pieces-${randomUUID()}` })]).stream();
  const sent = { ...json({}), body, duplex: 'half' as const };
  expect(await rest('/centers', sent)).toMatchObject({ status: 201 });
});

test('a well-formed request id is kept, another is replaced', async () => {
  const mine = randomUUID();
  expect((await rest('/org/tree', { headers: { 'x-request-id': mine } })).headers.get('x-request-id')).toBe(mine);
  const other = (await rest('/org/tree', { headers: { 'x-request-id': 'x"y' } })).headers.get('x-request-id');
  expect(z.uuidv4().safeParse(other).success).toBe(true);
});

test('the tRPC door refuses with the same code, status and request id', async () => {
  const client = createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: `${app.url}/api/trpc`, headers: { authorization: 'Bearer admin' } })],
  });
  const error: unknown = await client.org.centers.get.query({ id: randomUUID() }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TRPCClientError);
  expect(error).toMatchObject({
    data: { code: 'NOT_FOUND', http_status: 404, request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  });
});

test.each([
  ['eleven calls', Array(11).fill('org.tree').join(',')],
  ['a thousand empty names', ','.repeat(1_000)],
])('a batch of %s is refused in a few bytes', async (_, names) => {
  const response = await fetch(`${app.url}/api/trpc/${names}?batch=1`);
  expect(response.status).toBe(400);
  expect((await response.text()).length).toBeLessThan(2_000);
});

test.each(['/healthz', '/readyz', '/metrics'])(
  '%s answers to GET and HEAD alone, in words that machines read',
  async (path) => {
    const { status, headers } = await fetch(app.url + path, { method: 'HEAD' });
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 200, allow: null });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await fetch(app.url + path, { method });
      expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({
        status: 405,
        allow: 'GET, HEAD',
      });
      expect(await response.json()).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED' } });
    }
  },
);

test('no answer tells the server’s make, and every answer carries the security headers', async () => {
  for (const path of ['/', '/api/v1/org/tree', '/healthz', '/nothing']) {
    const { headers } = await fetch(app.url + path);
    expect(headers.get('x-powered-by'), path).toBeNull();
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
  }
});

test('the OpenAPI document names every REST address', async () => {
  const { text } = await rest('/openapi.json', { token: null });
  const document = z.object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }).parse(JSON.parse(text));
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/auth/login', '/projects', '/departments/{id}/quotas/{site}', '/admin/sync/servers']),
  );
});
