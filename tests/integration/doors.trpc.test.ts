import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { appForTests } from '../support/app.ts';

const app = appForTests();

/** Every error of the tRPC door: its clients insist on a number, and ours is in `data`. */
const errorShape = z.strictObject({
  error: z.strictObject({
    code: z.int(),
    message: z.string().min(1),
    data: z.strictObject({
      code: z.string(),
      request_id: z.uuidv4(),
      details: z.record(z.string(), z.unknown()),
      http_status: z.int(),
      httpStatus: z.int(),
    }),
  }),
});
const answerShape = z.union([
  errorShape,
  z
    .array(errorShape)
    .min(1)
    .transform(([first]) => first ?? { error: null }),
]);

type Call = { method?: string; headers?: Record<string, string>; body?: BodyInit; token?: string | null };

async function refusal(address: string, { token = 'admin', headers = {}, ...call }: Call = {}) {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${app.url}/api/trpc/${address}`, {
    ...call,
    headers: { ...authorization, ...headers },
  });
  const { error } = answerShape.parse(await response.json());
  expect(response.headers.get('x-request-id')).toBe(error?.data.request_id);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(error?.data.http_status).toBe(response.status);
  return { status: response.status, code: error?.data.code, headers: response.headers };
}

const post = (body: BodyInit, headers: Record<string, string> = { 'content-type': 'application/json' }): Call => ({
  method: 'POST',
  body,
  headers,
});
const named = JSON.stringify({ name: 'a' });
const of = (type: string) => ({ 'content-type': type });
const form = () => {
  const data = new FormData();
  data.set('name', 'a');
  return data;
};
const CREATE = 'org.centers.create';

describe('every failure at the tRPC door has the one shape', () => {
  test.each<[string, string, Call, number, string]>([
    ['no token', 'auth.me', { token: null }, 401, 'UNAUTHENTICATED'],
    ['no token, in a batch', 'auth.me?batch=1', { token: null }, 401, 'UNAUTHENTICATED'],
    ['an unknown procedure', 'org.nothing', {}, 404, 'NOT_FOUND'],
    ['a name of every object', '__proto__.toString', {}, 404, 'NOT_FOUND'],
    ['no procedure at all', '', {}, 404, 'NOT_FOUND'],
    ['a change by GET', `${CREATE}?input=${encodeURIComponent(named)}`, {}, 405, 'METHOD_NOT_ALLOWED'],
    ['a question by POST', 'org.tree', post(''), 405, 'METHOD_NOT_ALLOWED'],
    ['another method', CREATE, { ...post(named), method: 'PUT' }, 405, 'METHOD_NOT_ALLOWED'],
    ['another method without a body', CREATE, { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a question for options', CREATE, { method: 'OPTIONS' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a body that is no JSON', CREATE, post('{"name":'), 400, 'VALIDATION_FAILED'],
    ['a body that is no UTF-8', CREATE, post(Uint8Array.of(0x22, 0xe9, 0x22)), 400, 'VALIDATION_FAILED'],
    ['one name twice', CREATE, post('{"name":"a","name":"b"}'), 400, 'VALIDATION_FAILED'],
    ['a body 40 deep', CREATE, post(`{"name":${'['.repeat(40)}${']'.repeat(40)}}`), 400, 'VALIDATION_FAILED'],
    ['no body where one is needed', CREATE, post(''), 400, 'VALIDATION_FAILED'],
    ['an input that is no JSON', 'org.centers.get?input={', {}, 400, 'VALIDATION_FAILED'],
    ['an address that is no UTF-8', 'org.%ff', {}, 400, 'VALIDATION_FAILED'],
    ['a batch that is no object', `${CREATE}?batch=1`, post('[]'), 400, 'VALIDATION_FAILED'],
    ['a batch of eleven', `${Array(11).fill('org.tree').join()}?batch=1`, {}, 400, 'VALIDATION_FAILED'],
    ['a batch that asks and changes', 'org.tree,auth.logout?batch=1', {}, 400, 'VALIDATION_FAILED'],
    [
      'a stream that is no batch',
      'org.tree',
      { headers: { 'trpc-accept': 'application/jsonl' } },
      400,
      'VALIDATION_FAILED',
    ],
    ['parameters of a connection', 'org.tree?connectionParams=[]', {}, 400, 'VALIDATION_FAILED'],
    ['a form', CREATE, post(form(), {}), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form of the other kind', CREATE, post(new URLSearchParams({ name: 'a' }), {}), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['bytes', CREATE, post(named, of('application/octet-stream')), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['plain text', CREATE, post(named, of('text/plain')), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['JSON in UTF-16', CREATE, post(named, of('application/json; charset=utf-16')), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a body that is compressed',
      CREATE,
      post(gzipSync(named), { ...of('application/json'), 'content-encoding': 'gzip' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a body over 256 KiB', CREATE, post(JSON.stringify({ name: 'a'.repeat(300_000) })), 413, 'PAYLOAD_TOO_LARGE'],
    ['an id of nothing', `org.centers.get?input={"id":"${randomUUID()}"}`, {}, 404, 'NOT_FOUND'],
  ])('%s', async (_, address, call, status, code) => {
    expect(await refusal(address, call)).toMatchObject({ status, code });
  });

  test.each([
    [CREATE, { method: 'GET' }, 'POST'],
    ['org.tree', post(''), 'GET, HEAD'],
    [CREATE, { method: 'PUT' }, 'GET, HEAD, POST'],
  ])('a wrong method at %s is told the right ones', async (address, call, allowed) => {
    expect((await refusal(address, call)).headers.get('allow')).toBe(allowed);
  });

  test('who is refused is told which kind of token is wanted', async () => {
    expect((await refusal('auth.me', { token: 'nonsense' })).headers.get('www-authenticate')).toBe('Bearer');
  });

  test('a stream that is refused says so as its first event', async () => {
    const response = await fetch(`${app.url}/api/trpc/live.changes`, { headers: { accept: 'text/event-stream' } });
    const [, told = ''] = /event: serialized-error\ndata: (.*)\n/.exec(await response.text()) ?? [];
    const { error } = errorShape.parse({ error: JSON.parse(told) });
    expect(error.data).toMatchObject({ code: 'UNAUTHENTICATED', request_id: response.headers.get('x-request-id') });
  });
});

test('what takes nothing needs no body and no type', async () => {
  const headers = { authorization: 'Bearer admin' };
  const response = await fetch(`${app.url}/api/trpc/auth.logout`, { method: 'POST', headers });
  expect(response.status).toBe(200);
});

test('a stream on which nothing happens beats every fifteen seconds, so that a dead one is noticed', async () => {
  const ended = new AbortController();
  const headers = { accept: 'text/event-stream', authorization: 'Bearer admin' };
  const response = await fetch(`${app.url}/api/trpc/live.changes`, { headers, signal: ended.signal });
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  let told = '';
  while (!/^event: ping$/m.test(told)) {
    const { done, value } = await reader.read();
    if (done) break;
    told += decoder.decode(value, { stream: true });
  }
  ended.abort();
  expect(told).toMatch(/^event: connected\n[\s\S]*^event: ping$/m);
}, 60_000);
