import { randomUUID } from 'node:crypto';
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { AppRouter } from '../../server/router.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newDepartment } from '../factories/org.ts';
import { startApp } from '../support/app.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

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

const errorShape = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    request_id: z.uuidv4(),
    details: z.record(z.string(), z.unknown()),
  }),
});

type Call = Omit<RequestInit, 'headers'> & { token?: string | null; headers?: Record<string, string> };

async function rest(path: string, { token = 'admin', headers = {}, ...init }: Call = {}) {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${app.url}/api/v1${path}`, { ...init, headers: { ...authorization, ...headers } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

async function refusal(path: string, call: Call = {}) {
  const { status, headers, text } = await rest(path, call);
  const { error } = errorShape.parse(JSON.parse(text));
  expect(headers.get('x-request-id')).toBe(error.request_id);
  return { status, code: error.code, message: error.message, details: error.details, headers };
}

const json = (body: unknown): Call => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe('every failure at the REST door has the one shape', () => {
  test.each<[string, string, Call, number, string]>([
    ['no token', '/centers', { token: null }, 401, 'UNAUTHENTICATED'],
    ['a token that is none', '/centers', { token: 'nonsense' }, 401, 'UNAUTHENTICATED'],
    ['an unknown address', '/nothing', {}, 404, 'NOT_FOUND'],
    ['an address outside of v1', '/../v2', {}, 404, 'NOT_FOUND'],
    ['a wrong method', '/centers', { method: 'PATCH' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a body that is no JSON', '/centers', { ...json(1), body: '{"name":' }, 400, 'VALIDATION_FAILED'],
    ['a body that is no object', '/centers', json([1]), 400, 'VALIDATION_FAILED'],
    ['an unknown field', '/centers', json({ name: 'a', extra: 1 }), 400, 'VALIDATION_FAILED'],
    ['a form', '/centers', { method: 'POST', body: new URLSearchParams({ name: 'a' }) }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body over 256 KiB', '/centers', json({ name: 'a'.repeat(300_000) }), 413, 'PAYLOAD_TOO_LARGE'],
    ['an id that is none', '/centers/7', {}, 400, 'VALIDATION_FAILED'],
    ['an id of nothing', `/centers/${randomUUID()}`, {}, 404, 'NOT_FOUND'],
    ['a limit out of bounds', '/centers?limit=201', {}, 400, 'VALIDATION_FAILED'],
    ['a cursor from nowhere', '/centers?cursor=abc', {}, 400, 'VALIDATION_FAILED'],
  ])('%s', async (_, path, call, status, code) => {
    expect(await refusal(path, call)).toMatchObject({ status, code });
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

test('a create answers 201 with the address of what was made', async () => {
  const name = `made-${randomUUID()}`;
  const { status, headers } = await rest('/centers', json({ name }));
  expect(status).toBe(201);
  const again = await rest((headers.get('location') ?? '').replace('/api/v1', ''));
  expect(JSON.parse(again.text)).toMatchObject({ name });
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
