import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressMatcher, remoteAddressOf } from '../../server/platform/proxy.ts';
import { centerAdmin } from '../factories/caller.ts';
import { startApp } from '../support/app.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { exchange } from '../support/sockets.ts';

let database: TestDatabase;
let app: Awaited<ReturnType<typeof startApp>>;
let open: Awaited<ReturnType<typeof startApp>>;

beforeAll(async () => {
  database = await freshDatabase();
  app = await startApp(database, { admin: centerAdmin() });
  open = await startApp(database, { admin: centerAdmin() }, { CORS_ORIGINS: 'https://tools.example.org' });
});
afterAll(async () => {
  await app.stop();
  await open.stop();
  await database.drop();
});

const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.lastIndexOf('\r\n\r\n') + 4));
const raw = (bytes: string) => exchange(app.url, bytes);

describe.concurrent('who does not speak HTTP, or too slowly, is told so and cut off', () => {
  test.each<[string, string, number, string]>([
    ['what is no HTTP', 'hello\r\n\r\n', 400, 'VALIDATION_FAILED'],
    ['half a request', 'GET /api/v1/centers HTTP/1.1\r\nHost: a\r\n', 408, 'REQUEST_TIMEOUT'],
    ['nothing at all', '', 408, 'REQUEST_TIMEOUT'],
    ['64 KiB of headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, 413, 'PAYLOAD_TOO_LARGE'],
    [
      'a host that is none',
      'GET /api/v1/centers HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
      400,
      'VALIDATION_FAILED',
    ],
    ['no host', 'GET /api/v1/centers HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ])('%s', async (_, bytes, status, code) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toMatch(/at \w+ \(|node:|Error:/);
    expect(bodyOf(answer)).toMatchObject({ error: { code } });
  });
});

describe('other origins', () => {
  const asked = { origin: 'https://tools.example.org', 'access-control-request-method': 'POST' };
  const preflight = (url: string, headers: Record<string, string>) =>
    fetch(`${url}/api/v1/centers`, { method: 'OPTIONS', headers });

  test('are told nothing unless they are configured', async () => {
    const { headers } = await preflight(app.url, asked);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('may call from where it is configured, with a token and a key', async () => {
    const { status, headers } = await preflight(open.url, asked);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('https://tools.example.org');
    expect(headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('are told each for itself, with no origin for all and no credentials', async () => {
    const answers = await Promise.all([
      preflight(open.url, asked),
      fetch(`${open.url}/api/v1/org/tree`, { headers: { origin: asked.origin, authorization: 'Bearer admin' } }),
      fetch(`${open.url}/api/trpc/org.tree`, { headers: { origin: asked.origin, authorization: 'Bearer admin' } }),
    ]);
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(asked.origin);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('vary')).toMatch(/\bOrigin\b/);
    }
  });

  test.each([
    'null',
    'https://tools.example.org.evil.org',
    'http://tools.example.org',
    'https://TOOLS.example.org:444',
  ])('that only look like one that is configured may not: %s', async (origin) => {
    const { headers } = await preflight(open.url, { ...asked, origin });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('may read what went wrong', async () => {
    const { status, headers } = await fetch(`${open.url}/api/v1/centers`, { headers: { origin: asked.origin } });
    expect({ status, origin: headers.get('access-control-allow-origin') }).toEqual({
      status: 401,
      origin: asked.origin,
    });
  });

  test('from elsewhere may not', async () => {
    const { headers } = await preflight(open.url, { ...asked, origin: 'https://evil.example.org' });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('whose request it is', () => {
  const isProxy = addressMatcher(['10.0.0.0/8', 'fd00::/8', '192.0.2.7']);

  test.each<[string, string, string | undefined, string]>([
    ['the peer’s, where nothing is forwarded', '203.0.113.5', undefined, '203.0.113.5'],
    ['the peer’s, who is no proxy whatever it says', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['the caller’s, as a proxy says', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    [
      'the last that is no proxy, not what the caller wrote before it',
      '10.0.0.1',
      '1.2.3.4, 198.51.100.1, 192.0.2.7',
      '198.51.100.1',
    ],
    ['the proxy’s, where it forwards nonsense', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['over IPv6 too', 'fd00::1', '2001:db8::9', '2001:db8::9'],
    ['of an IPv4 proxy on a dual-stack socket', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ])('%s', (_, peer, forwardedFor, expected) => {
    expect(remoteAddressOf(peer, forwardedFor, isProxy)).toBe(expected);
  });
});
