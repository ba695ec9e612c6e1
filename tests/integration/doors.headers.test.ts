import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startDirectory } from '../../server/demo/directory.ts';
import { centerAdmin } from '../factories/caller.ts';
import { startApp } from '../support/app.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { json, restOf } from '../support/rest.ts';

let database: TestDatabase;
let directory: Awaited<ReturnType<typeof startDirectory>>;
let app: Awaited<ReturnType<typeof startApp>>;
let proxied: Awaited<ReturnType<typeof startApp>>;

beforeAll(async () => {
  database = await freshDatabase();
  directory = await startDirectory({ people: [], groups: [] });
  app = await startApp(database, { admin: centerAdmin() }, directory.env);
  proxied = await startApp(database, {}, { ...directory.env, TRUST_PROXY: '127.0.0.1, 10.0.0.0/8' });
});
afterAll(async () => {
  await app.stop();
  await proxied.stop();
  await directory.stop();
  await database.drop();
});

const admin = { authorization: 'Bearer admin' };

/** One answer of each kind: what succeeds, what is refused and what is no door at all. */
const ANSWERS: [string, string, RequestInit?][] = [
  ['a page', '/'],
  ['the page of the API', '/docs'],
  ['a probe', '/healthz'],
  ['REST', '/api/v1/org/tree', { headers: admin }],
  ['REST that is refused', '/api/v1/org/tree'],
  ['REST of nothing', '/api/v1/nothing'],
  ['REST too large', '/api/v1/centers', json({ name: 'a'.repeat(300_000) })],
  ['tRPC', '/api/trpc/org.tree', { headers: admin }],
  ['tRPC that is refused', '/api/trpc/org.tree'],
  ['tRPC of a form', '/api/trpc/auth.login', { method: 'POST', body: new URLSearchParams() }],
  ['neither', '/api/nothing'],
];

test.each(ANSWERS)(
  '%s: browsers keep to HTTPS for a year, sniff nothing, frame nothing and send no referrer',
  async (_, path, init) => {
    const { headers } = await fetch(app.url + path, init);
    expect(Object.fromEntries(headers)).toMatchObject({
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
  },
);

test.each(ANSWERS)('%s: no cookie, and nothing about what the server is made of', async (_, path, init) => {
  const { headers } = await fetch(app.url + path, init);
  expect([...headers.keys()].filter((name) => /^(set-cookie|server|x-powered-by|via)$/.test(name))).toEqual([]);
});

test.each(ANSWERS.filter(([, path]) => path !== '/healthz'))('%s: is kept by no cache', async (_, path, init) => {
  expect((await fetch(app.url + path, init)).headers.get('cache-control')).toBe('no-store');
});

test('a page may run what carries its nonce, which no other answer has', async () => {
  const policies = await Promise.all(
    [1, 2].map(async () => (await fetch(app.url)).headers.get('content-security-policy')),
  );
  expect(new Set(policies).size).toBe(2);
  for (const policy of policies) {
    expect(policy).toMatch(/script-src 'nonce-[A-Za-z0-9+/]{22}==' 'strict-dynamic';/);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
    for (const part of ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'self'"]) {
      expect(policy).toContain(part);
    }
  }
});

const events = z.object({ items: z.array(z.object({ after: z.object({ remote_address: z.string() }) })) });

/** Where, as the audit log has it, a sign-in came from that says this of itself. */
async function addressOf(url: string, username: string, headers: Record<string, string>): Promise<string | undefined> {
  const call = json({ username, password: 'wrong' });
  await restOf(url).refusal('/auth/login', { ...call, token: null, headers: { ...call.headers, ...headers } });
  const { text } = await restOf(app.url).rest(`/audit?action=session.sign_in_refused&target_id=${username}`);
  return events.parse(JSON.parse(text)).items[0]?.after.remote_address;
}

describe('where a sign-in comes from', () => {
  test.each<[string, Record<string, string>]>([
    ['X-Forwarded-For', { 'x-forwarded-for': '203.0.113.9' }],
    ['Forwarded', { forwarded: 'for=203.0.113.9' }],
    ['X-Real-IP', { 'x-real-ip': '203.0.113.9' }],
    ['True-Client-IP', { 'true-client-ip': '203.0.113.9' }],
  ])('is not what the caller says by %s', async (name, headers) => {
    expect(await addressOf(app.url, `direct-${name}`.toLowerCase(), headers)).toBe('127.0.0.1');
  });

  test.each<[string, string, string]>([
    ['one hop', '203.0.113.9', '203.0.113.9'],
    ['what the caller put before its own address', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['several proxies', '203.0.113.9, 10.1.2.3, 10.9.9.9', '203.0.113.9'],
    ['one of our own addresses that the caller claims', '10.1.1.1, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['nonsense', '<script>', '127.0.0.1'],
  ])('is what a trusted proxy says: %s', async (what, forwarded, expected) => {
    const username = `via-${what.replaceAll(/\W/g, '').slice(0, 20)}`.toLowerCase();
    expect(await addressOf(proxied.url, username, { 'x-forwarded-for': forwarded })).toBe(expected);
  });

  test('is not what a proxy says in another header', async () => {
    expect(await addressOf(proxied.url, 'via-real-ip', { 'x-real-ip': '203.0.113.9' })).toBe('127.0.0.1');
  });
});
