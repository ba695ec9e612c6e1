import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { InventoryServer } from '../adapters/inventory/inventory.port.ts';

/** How the simulated inventory behaves; everything off is a healthy one. */
export const inventoryBehaviour = z.strictObject({
  delay_ms: z.int().min(0).max(600_000).default(0).describe('Waits this long before it answers'),
  failing_status: z.int().min(300).max(599).nullable().default(null).describe('Answers this HTTP status'),
  failing_requests: z.int().min(0).nullable().default(null).describe('So many requests fail, then it works; null: all'),
  retry_after: z.int().min(0).nullable().default(null).describe('Seconds in the Retry-After of a failure'),
  empty: z.boolean().default(false).describe('Answers that there are no servers'),
  html: z.boolean().default(false).describe('Answers 200 with a page for people'),
  truncated: z.boolean().default(false).describe('Breaks off in the middle of a page'),
  missing_page: z.boolean().default(false).describe('Ends after its first page'),
  page_loop: z.boolean().default(false).describe('The last page leads back to the first'),
  redirect: z.url().nullable().default(null).describe('Redirects to this address'),
  next_origin: z.url().nullable().default(null).describe('Names its next page at another server (NetBox)'),
  drop_share: z.number().min(0).max(1).default(0).describe('Share of the servers that it forgets'),
  dirty_rows: z.int().min(0).default(0).describe('So many servers have no cores'),
  duplicates: z.int().min(0).default(0).describe('So many servers are named twice'),
  page_size: z.int().min(1).max(10_000).default(100),
});
export type InventoryBehaviour = z.infer<typeof inventoryBehaviour>;

type Options = {
  /** A free one, unless named. */
  port?: number;
  fleet?: InventoryServer[];
  behaviour?: Partial<InventoryBehaviour>;
  /** The `Authorization` that requests must carry, judged by the caller; everyone is let in without it. */
  isAllowed?: (authorization: string) => boolean;
};

/** A server as the inventory lists it; `cpu: null` is a dirty row. */
type Row = Omit<InventoryServer, 'cpu'> & { cpu: number | null };

/**
 * Starts an inventory on loopback that lists `fleet` in every format that InfraHub reads, over real HTTP: `/servers`
 * (native), `/MAAS/api/2.0/machines/` and `/api/dcim/devices/` (NetBox).
 */
export async function startInventory({ port = 0, fleet = demoFleet(), behaviour = {}, isAllowed }: Options = {}) {
  let servers = fleet;
  let now = inventoryBehaviour.parse(behaviour);
  let failed = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    await sleep(now.delay_ms);
    if (isAllowed && !isAllowed(request.headers.authorization ?? '')) return send(response, { status: 401 });
    const instead = insteadOfAnswer(now, failed);
    if (instead) {
      failed++;
      return send(response, instead);
    }
    const json = FORMATS[url.pathname]?.(url, rowsOf(servers, now), now);
    if (json === undefined) return send(response, { status: 404 });
    const body = JSON.stringify(json);
    if (now.truncated) return breakOff(response, body);
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    send(response, isKnown ? { status: 304, headers: { etag } } : { status: 200, body, headers: { etag } });
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** The behaviour as it is now. */
    get behaviour(): InventoryBehaviour {
      return now;
    },
    /** Changes what is named of the behaviour, after checking it; the rest stays. */
    behave(patch: unknown): void {
      now = inventoryBehaviour.parse({ ...now, ...z.record(z.string(), z.unknown()).parse(patch) });
      failed = 0;
    },
    setFleet(fleet: InventoryServer[]): void {
      servers = fleet;
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Reply = { status: number; body?: string; headers?: Record<string, string> };

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

function insteadOfAnswer(behaviour: InventoryBehaviour, failed: number): Reply | undefined {
  const { redirect, failing_status, failing_requests, retry_after, html } = behaviour;
  if (redirect !== null) return { status: 302, headers: { location: redirect } };
  if (failing_status !== null && (failing_requests === null || failed < failing_requests)) {
    const headers = retry_after === null ? {} : { 'retry-after': String(retry_after) };
    return { status: failing_status, body: '{}', headers };
  }
  if (html) return { status: 200, body: '<h1>Sign in</h1>', headers: { 'content-type': 'text/html' } };
  return undefined;
}

function breakOff(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
}

function rowsOf(fleet: InventoryServer[], behaviour: InventoryBehaviour): Row[] {
  if (behaviour.empty) return [];
  const kept = fleet.slice(0, fleet.length - Math.round(fleet.length * behaviour.drop_share));
  const rows = kept.map((server, i) => (i < behaviour.dirty_rows ? { ...server, cpu: null } : server));
  return [...rows, ...rows.slice(rows.length - behaviour.duplicates)];
}

type Format = (url: URL, rows: Row[], behaviour: InventoryBehaviour) => unknown;

const FORMATS: Record<string, Format> = {
  '/servers': (url, rows, behaviour) => {
    const page = pageAt(Number(url.searchParams.get('cursor') ?? 0), rows, behaviour);
    const items = page.rows.map(({ ramGb, ...row }) => ({ ...row, ram_gb: ramGb }));
    return { items, next: page.next === null ? null : String(page.next), total: rows.length };
  },
  '/MAAS/api/2.0/machines/': (_url, rows) =>
    rows.map(({ name, site, cpu, ramGb }) => ({
      hostname: name,
      fqdn: `${name}.maas`,
      cpu_count: cpu,
      memory: ramGb * 1024,
      zone: { name: site },
      pool: { name: 'default' },
      status_name: 'Ready',
    })),
  '/api/dcim/devices/': (url, rows, behaviour) => {
    const page = pageAt(Number(url.searchParams.get('offset') ?? 0), rows, behaviour);
    const results = page.rows.map(({ name, site, cpu, ramGb }) => ({
      name,
      site: { slug: site, name: site },
      custom_fields: { cpu_cores: cpu, ram_gb: ramGb },
    }));
    const next = new URL(url.pathname + url.search, behaviour.next_origin ?? url.origin);
    next.searchParams.set('offset', String(page.next));
    return { count: rows.length, next: page.next === null ? null : next.href, previous: null, results };
  },
};

function pageAt(offset: number, rows: Row[], { page_size, missing_page, page_loop }: InventoryBehaviour) {
  const end = offset + page_size;
  const isLast = end >= rows.length || missing_page;
  return { rows: rows.slice(offset, end), next: isLast ? (page_loop ? 0 : null) : end };
}

const SITES = { haifa: 'hfa', 'tel-aviv': 'tlv', 'beer-sheva': 'bsv' };
const RACKS = [
  { cpu: 32, ramGb: 128 },
  { cpu: 48, ramGb: 256 },
  { cpu: 64, ramGb: 256 },
  { cpu: 96, ramGb: 512 },
  { cpu: 128, ramGb: 1024 },
];
const NODES_PER_RACK = 20;

/** 300 servers at three sites, the same at every call: five racks a site, each of one size. */
export function demoFleet(): InventoryServer[] {
  const twoDigits = (n: number) => String(n).padStart(2, '0');
  return Object.entries(SITES).flatMap(([site, short]) =>
    RACKS.flatMap((size, rack) =>
      Array.from({ length: NODES_PER_RACK }, (_, node) => ({
        name: `${short}-r${twoDigits(rack + 1)}-n${twoDigits(node + 1)}`,
        site,
        ...size,
      })),
    ),
  );
}
