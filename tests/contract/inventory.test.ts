import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { InventorySettings } from '../../server/adapters/inventory/format.ts';
import { createInventory } from '../../server/adapters/inventory/inventory.ts';
import { nativePage } from '../../server/adapters/inventory/native.ts';
import { type InventoryBehaviour, startInventory } from '../../server/demo/inventory.ts';
import { UpstreamError } from '../../server/platform/errors.ts';

const clock = { now: () => new Date('2026-03-01T12:00:00Z') };
const TOKEN = { native: 'n4tive-c4nary', maas: 'consum3r:t0ken:s3cret-c4nary', netbox: 'n3tbox-c4nary' };
const FORMATS = ['native', 'maas', 'netbox'] as const;
const PAGED = ['native', 'netbox'] as const;

const stops: (() => Promise<void>)[] = [];
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0); // the jitter between two tries
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

type Start = Parameters<typeof startInventory>[0];
async function started(options: Start = {}) {
  const simulator = await startInventory(options);
  stops.push(simulator.stop);
  return simulator;
}

type Reply = { status?: number; headers?: Record<string, string>; body: unknown };

/** Answers every request with what `reply` says, and keeps what was asked. */
async function answering(reply: (url: string, headers: IncomingHttpHeaders) => Reply) {
  const requests: { url: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', authorization: request.headers.authorization });
    const { status = 200, headers, body } = reply(request.url ?? '', request.headers);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return { url: `http://127.0.0.1:${port}`, requests };
}

const inventoryAt = (
  url: string,
  format: InventorySettings['EXTERNAL_SERVER_API_FORMAT'] = 'native',
  over: Partial<InventorySettings> = {},
) =>
  createInventory(
    {
      EXTERNAL_SERVER_API_FORMAT: format,
      EXTERNAL_SERVER_API_URL: url,
      EXTERNAL_SERVER_API_TOKEN: TOKEN[format],
      EXTERNAL_SERVER_API_MAAS_SITE: 'zone',
      EXTERNAL_SERVER_API_NETBOX_CPU_FIELD: 'cpu_cores',
      EXTERNAL_SERVER_API_NETBOX_RAM_FIELD: 'ram_gb',
      EXTERNAL_SERVER_API_TIMEOUT_SECONDS: 5,
      ...over,
    },
    clock,
  );

async function refusal(reading: Promise<unknown>): Promise<UpstreamError> {
  const error = await reading.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof UpstreamError) return error;
  throw new Error('the inventory was read, or failed in another way', { cause: error });
}

describe.each(FORMATS)('an inventory that speaks %s', (format) => {
  test('gives the whole fleet in cores and GiB', async () => {
    const { url } = await started();
    const { servers, rejected } = await inventoryAt(url, format).readFleet();
    expect(servers).toHaveLength(300);
    expect(servers).toContainEqual({ name: 'hfa-r03-n07', site: 'haifa', cpu: 64, ramGb: 256 });
    expect(rejected).toEqual([]);
  });

  test('has a row that cannot be used set aside, with its name and the reason', async () => {
    const { url } = await started({ behaviour: { dirty_rows: 1 } });
    const { servers, rejected } = await inventoryAt(url, format).readFleet();
    expect(servers).toHaveLength(299);
    expect(rejected).toEqual([{ name: 'hfa-r01-n01', reason: expect.stringMatching(/^cpu(_count)?: /) }]);
  });

  test('may be empty, which is for the sync to judge', async () => {
    const { url } = await started({ behaviour: { empty: true } });
    expect(await inventoryAt(url, format).readFleet()).toEqual({ servers: [], rejected: [] });
  });

  const bad: [string, Partial<InventoryBehaviour>, RegExp][] = [
    ['that breaks off', { truncated: true }, /broke off|breaks off/],
    ['that is a page for people', { html: true }, /not JSON/],
    ['that is a redirect to a cloud’s metadata', { redirect: 'http://169.254.169.254/latest' }, /redirect/],
    ['that is 404', { failing_status: 404 }, /HTTP 404/],
    ['that is 401', { failing_status: 401 }, /refused InfraHub's credential.*EXTERNAL_SERVER_API_TOKEN/],
    ['that is "not modified" though nothing was known', { failing_status: 304 }, /HTTP 304/],
    ['that is 500 again and again', { failing_status: 500, retry_after: 0 }, /HTTP 500/],
  ];
  test.each(bad)('fails on an answer %s', async (_, behaviour, message) => {
    const { url } = await started({ behaviour });
    const error = await refusal(inventoryAt(url, format).readFleet());
    expect(error).toMatchObject({ code: 'UPSTREAM_FAILED', message: expect.stringMatching(message) });
  });

  test('fails when it does not answer in time', async () => {
    const { url } = await started({ behaviour: { delay_ms: 60_000 } });
    const error = await refusal(inventoryAt(url, format, { EXTERNAL_SERVER_API_TIMEOUT_SECONDS: 0.1 }).readFleet());
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', message: expect.stringContaining('within 0.1 seconds') });
  });

  test('fails when nobody is there', async () => {
    const { url, stop } = await startInventory();
    await stop();
    const error = await refusal(inventoryAt(url, format).readFleet());
    expect(error).toMatchObject({ code: 'UPSTREAM_FAILED', message: expect.stringContaining('ECONNREFUSED') });
  });

  test.each([429, 500, 503])('is asked again when it answers %i for a while', async (failing_status) => {
    const { url } = await started({ behaviour: { failing_status, failing_requests: 4, retry_after: 0 } });
    expect((await inventoryAt(url, format).readFleet()).servers).toHaveLength(300);
  });

  test('is refused when it answers in another format', async () => {
    const { url } = await answering(() => ({ body: { hello: 'world' } }));
    const error = await refusal(inventoryAt(url, format).readFleet());
    expect(error.message).toContain('EXTERNAL_SERVER_API_FORMAT');
  });

  test('never sees its credential in an error', async () => {
    const faults = [
      ...bad.map(([, behaviour]) => behaviour),
      { delay_ms: 60_000 } satisfies Partial<InventoryBehaviour>,
    ];
    const simulator = await started();
    for (const behaviour of faults) {
      const { url } = await started({ behaviour });
      const error = await refusal(inventoryAt(url, format, { EXTERNAL_SERVER_API_TIMEOUT_SECONDS: 0.2 }).readFleet());
      const told = JSON.stringify([error, error.message, error.stack, error.details, String(error.cause)]);
      expect(told).not.toMatch(/c4nary|consum3r|t0ken/);
    }
    const withSecretsInUrl = simulator.url.replace('http://', 'http://user:url-c4nary@');
    const error = await refusal(inventoryAt(`${withSecretsInUrl}?key=query-c4nary`, format).readFleet());
    expect(JSON.stringify([error, error.message, error.stack, String(error.cause)])).not.toMatch(/c4nary/);
  });
});

describe.each(PAGED)('the pages of %s', (format) => {
  test('are all read', async () => {
    const { url } = await started({ behaviour: { page_size: 7 } });
    expect((await inventoryAt(url, format).readFleet()).servers).toHaveLength(300);
  });

  test('make no answer when some are missing', async () => {
    const { url } = await started({ behaviour: { missing_page: true } });
    const error = await refusal(inventoryAt(url, format).readFleet());
    expect(error.message).toContain('speaks of 300 servers but gave 100');
  });

  test('may not go round', async () => {
    const { url } = await started({ behaviour: { page_loop: true } });
    expect((await refusal(inventoryAt(url, format).readFleet())).message).toMatch(/go round/);
  });

  test('end after 1,000', async () => {
    const { url, requests } = await answering((asked, { host }) => {
      const n = Number(new URL(asked, 'http://x').searchParams.get('cursor') ?? 0) + 1;
      const native = { items: [], next: String(n), total: 9 };
      const netbox = { results: [], next: `http://${host}/?cursor=${n}`, count: 9 };
      return { body: { native, netbox }[format] };
    });
    expect((await refusal(inventoryAt(url, format).readFleet())).message).toContain('more than 1000 pages');
    expect(requests).toHaveLength(1000);
  });
});

test('a next page at another server is not asked for', async () => {
  const elsewhere = await answering(() => ({ body: {} }));
  const { url } = await started({ behaviour: { next_origin: elsewhere.url } });
  expect((await refusal(inventoryAt(url, 'netbox').readFleet())).message).toContain('another server');
  expect(elsewhere.requests).toEqual([]);
});

test('a page that is "not modified" is the page as it was, and a new one replaces it', async () => {
  let cpu = 1;
  let unchanged = 0;
  const { url } = await answering((_, headers) => {
    const etag = `"${cpu}"`;
    if (headers['if-none-match'] === etag) {
      unchanged++;
      return { status: 304, body: '' };
    }
    return { headers: { etag }, body: { items: [{ name: 'a', site: 'haifa', cpu, ram_gb: 1 }], next: null, total: 1 } };
  });
  const inventory = inventoryAt(url);
  const coresSeen = async () => (await inventory.readFleet()).servers.map((server) => server.cpu);
  expect(await coresSeen()).toEqual([1]);
  expect(await coresSeen()).toEqual([1]);
  cpu = 2;
  expect(await coresSeen()).toEqual([2]);
  expect(unchanged).toBe(1);
});

test('a redirect is not followed, so the credential stays', async () => {
  const elsewhere = await answering(() => ({ body: {} }));
  const { url } = await started({ behaviour: { redirect: elsewhere.url } });
  await refusal(inventoryAt(url).readFleet());
  expect(elsewhere.requests).toEqual([]);
});

test('an answer of more than 50 MB is not read to its end', async () => {
  const { url } = await answering(() => ({ body: `"${'x'.repeat(51 * 1024 * 1024)}"` }));
  const { message } = await refusal(inventoryAt(url).readFleet());
  expect(message).toContain('more than the 50 MB');
  expect(message).toContain('EXTERNAL_SERVER_API_URL');
});

test('a Retry-After is waited for', async () => {
  const { url } = await started({ behaviour: { failing_status: 503, failing_requests: 1, retry_after: 1 } });
  const before = performance.now();
  await inventoryAt(url).readFleet();
  expect(performance.now() - before).toBeGreaterThanOrEqual(990);
});

test('a name is one however it is written', async () => {
  const server = { site: 'haifa', cpu: 1, ram_gb: 1 };
  const items = [' HFA-1 ', 'Å', 'A\u030a'].map((name) => ({ ...server, name }));
  const { url } = await answering(() => ({ body: { items, next: null, total: 3 } }));
  const { servers } = await inventoryAt(url).readFleet();
  expect(servers.map(({ name }) => name)).toEqual(['hfa-1', 'å', 'å']);
});

test('each thing that is wrong with a row is told in words', async () => {
  const good = { name: 'a', site: 'haifa', cpu: 1, ram_gb: 1 };
  const items = [
    { ...good, cpu: 0 },
    { ...good, cpu: '64' },
    { ...good, ram_gb: 1.5 },
    { ...good, ram_gb: 2 ** 40 },
    { ...good, site: 'Tel Aviv' },
    { name: 'a', cpu: 1, ram_gb: 1 },
    { ...good, name: '' },
    { ...good, name: 'a\u0000b' },
    'nonsense',
    null,
  ];
  const { url } = await answering(() => ({ body: { items, next: null, total: items.length } }));
  expect(await inventoryAt(url).readFleet()).toEqual({
    servers: [],
    rejected: [
      { name: 'a', reason: 'cpu: must be a whole number of cores, 1 to 100,000' },
      { name: 'a', reason: 'cpu: must be a whole number of cores, 1 to 100,000' },
      { name: 'a', reason: 'ram_gb: must be a whole number of GiB, 1 to 1,000,000' },
      { name: 'a', reason: 'ram_gb: must be a whole number of GiB, 1 to 1,000,000' },
      { name: 'a', reason: 'site: Letters, digits, - and _ only, at most 63 characters' },
      { name: 'a', reason: 'site: is missing' },
      { name: null, reason: 'name: must not be empty' },
      { name: null, reason: 'name: must not contain control characters' },
      { name: null, reason: 'must be of type object' },
      { name: null, reason: 'is missing' },
    ],
  });
});

describe('MAAS', () => {
  const payload: unknown = JSON.parse(readFileSync('tests/data/maas-machines.json', 'utf8'));

  test('a real answer of it is read', async () => {
    const { url } = await answering(() => ({ body: payload }));
    expect(await inventoryAt(url, 'maas').readFleet()).toEqual({
      servers: ['untasted-markita', 'lowlier-glady', 'icier-nina'].map((name) => ({
        name,
        site: 'default',
        cpu: 1,
        ramGb: 1,
      })),
      rejected: [],
    });
  });

  test('memory is MiB, rounded down; the pool may be the site; a machine not commissioned yet is no server', async () => {
    const machine = { zone: { name: 'z' }, pool: { name: 'p' } };
    const machines = [
      { ...machine, hostname: 'big', cpu_count: 8, memory: 65_535 },
      { ...machine, hostname: '', fqdn: 'Bare.Maas', cpu_count: 2, memory: 2048 },
      { ...machine, hostname: 'tiny', cpu_count: 1, memory: 1023 },
      { ...machine, hostname: 'new', cpu_count: 0, memory: 0 },
    ];
    const { url } = await answering(() => ({ body: machines }));
    expect(await inventoryAt(url, 'maas', { EXTERNAL_SERVER_API_MAAS_SITE: 'pool' }).readFleet()).toEqual({
      servers: [
        { name: 'big', site: 'p', cpu: 8, ramGb: 63 },
        { name: 'bare.maas', site: 'p', cpu: 2, ramGb: 2 },
      ],
      rejected: [{ name: 'tiny', reason: 'ram_gb: must be a whole number of GiB, 1 to 1,000,000' }],
    });
  });

  test('the API key is sent as OAuth 1.0 PLAINTEXT', async () => {
    const { url, requests } = await answering(() => ({ body: payload }));
    await inventoryAt(url, 'maas').readFleet();
    expect(requests[0]?.url).toBe('/MAAS/api/2.0/machines/');
    expect(requests[0]?.authorization).toMatch(
      /^OAuth oauth_version="1.0", oauth_signature_method="PLAINTEXT", oauth_consumer_key="consum3r", oauth_token="t0ken", oauth_signature="%26s3cret-c4nary", oauth_nonce="[0-9a-f-]{36}", oauth_timestamp="1772366400"$/,
    );
  });

  test('a key that is not one is refused at the start, without quoting it', () => {
    expect(() => inventoryAt('http://127.0.0.1', 'maas', { EXTERNAL_SERVER_API_TOKEN: 'c4nary' })).toThrow(
      'EXTERNAL_SERVER_API_TOKEN: a MAAS API key has three parts, consumer:token:secret',
    );
  });
});

describe('NetBox', () => {
  test('is asked with its own kind of token, and with the query of the URL', async () => {
    const { url, requests } = await answering(() => ({ body: { count: 0, next: null, results: [] } }));
    await inventoryAt(`${url}/nb/?role=server`, 'netbox').readFleet();
    expect(requests).toEqual([
      { url: '/nb/api/dcim/devices/?role=server&limit=500', authorization: `Token ${TOKEN.netbox}` },
    ]);
  });

  test('the fields are the ones that are configured, the site is its slug or else its name', async () => {
    const results = [
      { name: 'N1', site: { slug: 'haifa', name: 'Haifa DC' }, custom_fields: { c: 4, r: 8 } },
      { name: 'n2', site: { name: 'north' }, custom_fields: { c: 4, r: 8 } },
      { name: 'n3', site: { slug: 'haifa' }, custom_fields: { c: null } },
      { name: null, site: { slug: 'haifa' }, custom_fields: {} },
    ];
    const { url } = await answering(() => ({ body: { count: 4, next: null, results } }));
    const { servers, rejected } = await inventoryAt(url, 'netbox', {
      EXTERNAL_SERVER_API_NETBOX_CPU_FIELD: 'c',
      EXTERNAL_SERVER_API_NETBOX_RAM_FIELD: 'r',
    }).readFleet();
    expect(servers).toEqual([
      { name: 'n1', site: 'haifa', cpu: 4, ramGb: 8 },
      { name: 'n2', site: 'north', cpu: 4, ramGb: 8 },
    ]);
    expect(rejected.map(({ name }) => name)).toEqual(['n3', null]);
  });
});

describe('the native format', () => {
  const documented: unknown = JSON.parse(readFileSync('docs/inventory.schema.json', 'utf8'));

  test('is documented as it is read', () => {
    expect(documented).toEqual(z.toJSONSchema(nativePage, { io: 'input' }));
  });

  test('is what the simulator speaks', async () => {
    const { url } = await started();
    const page: unknown = await (await fetch(`${url}/servers`)).json();
    const validate = new Ajv2020().compile(z.record(z.string(), z.unknown()).parse(documented));
    expect(validate(page)).toBe(true);
  });

  test('is asked with a bearer token', async () => {
    const { url, requests } = await answering(() => ({ body: { items: [], next: null, total: 0 } }));
    await inventoryAt(`${url}/base/`).readFleet();
    expect(requests).toEqual([{ url: '/base/servers', authorization: `Bearer ${TOKEN.native}` }]);
  });
});
