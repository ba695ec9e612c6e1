import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startDirectory } from '../../server/demo/directory.ts';
import { newBranch } from '../factories/quotas.ts';
import { type ReceivedSpan, startCollector } from '../support/collector.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { startRunning } from '../support/running.ts';
import { until } from '../support/until.ts';

const canary = (what: string) => `canary-${what}-${randomBytes(8).toString('hex')}`;
const [PASSWORD, JWT, ARGOCD, INVENTORY, GIT] = ['password', 'jwt', 'argocd', 'inventory', 'git'].map(canary);
const PROJECT = `p-${randomBytes(6).toString('hex')}`;

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

let database: TestDatabase;
let collector: Awaited<ReturnType<typeof startCollector>>;
/** The `traceparent` that the inventory was asked with. */
const heard: string[] = [];
/** The trace of each caller, who is a span of it. */
const trace = (id: string) => ({
  traceId: id.repeat(32),
  spanId: id.repeat(16),
  header: `00-${id.repeat(32)}-${id.repeat(16)}-01`,
});
const [SIGN_IN, CREATE, SYNC] = ['a', 'b', 'c'].map(trace);
let token = '';

// Everything that makes spans happens once; each test then looks at one thing.
beforeAll(async () => {
  database = await freshDatabase();
  closing.push(() => database.drop());
  collector = await startCollector();
  closing.push(() => collector.stop());
  const inventory = createServer((request, answer) => {
    heard.push(String(request.headers.traceparent));
    answer.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => inventory.once('listening', resolve));
  closing.push(() => new Promise((resolve) => inventory.close(resolve)));
  const address = inventory.address();
  const size = { cpu: 1000, ramGb: 4000 };
  const { team } = await newBranch(database.db, { capacity: size, department: size, team: size });
  const groups = ['infrahub-center-admins', `infrahub-team-leads-${team.id}`].map((cn) => ({
    cn,
    members: ['canary-anna'],
  }));
  const directory = await startDirectory({ people: [{ username: 'canary-anna', password: PASSWORD ?? '' }], groups });
  closing.push(() => directory.stop());
  const infrahub = await startRunning(database, {
    ...directory.env,
    JWT_SECRETS: `${JWT}-${JWT}`,
    ARGOCD_TOKEN: ARGOCD ?? '',
    EXTERNAL_SERVER_API_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    EXTERNAL_SERVER_API_TOKEN: INVENTORY ?? '',
    GIT_TOKEN: GIT ?? '',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  const post = async (path: string, body: unknown, traceparent = '') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', traceparent };
    const response = await fetch(`${infrahub.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return response.text();
  };
  const answer = await post('/api/v1/auth/login', { username: 'canary-anna', password: PASSWORD }, SIGN_IN?.header);
  token = z.object({ access_token: z.string() }).parse(JSON.parse(answer)).access_token;
  const project = { team_id: team.id, name: PROJECT, site: 'haifa', sla_type: 'bronze', performance_tier: 'regular' };
  expect(JSON.parse(await post('/api/v1/projects', project, CREATE?.header))).toMatchObject({ status: 'provisioning' });
  await post('/api/v1/admin/sync/servers', {}, SYNC?.header);
  await until('the job that the create caused is told', () => spanOf((span) => span.links.some(isOf(CREATE))));
  await until('the sync is told', () => spanOf((span) => span.name === 'POST rest' && isOf(SYNC)(span)));
  await infrahub.stop();
}, 120_000);

type Trace = ReturnType<typeof trace> | undefined;
const isOf = (of: Trace) => (span: { traceId: string }) => span.traceId === of?.traceId;
const spanOf = (is: (span: ReceivedSpan) => boolean) => collector.spans.find(is);
const spanIn = (of: Trace, name: string) => spanOf((span) => isOf(of)(span) && span.name === name);

test('a request joins the trace of its caller, and tells its procedure, code and id', () => {
  const request = spanIn(CREATE, 'POST rest');
  expect(request).toMatchObject({ parentSpanId: CREATE?.spanId, kind: 2 });
  expect(request?.attributes).toMatchObject({ 'http.response.status_code': 201, 'infrahub.door': 'rest' });
  expect(request?.attributes['infrahub.request_id']).toMatch(/^[0-9a-f-]{36}$/);
  const procedure = spanIn(CREATE, 'projects.create');
  expect(procedure?.parentSpanId).toBe(request?.spanId);
  expect(procedure?.attributes).toMatchObject({ 'infrahub.procedure': 'projects.create', 'infrahub.code': 'OK' });
});

test('its transaction is part of the procedure', () => {
  const transaction = spanIn(CREATE, 'transaction');
  expect(transaction?.parentSpanId).toBe(spanIn(CREATE, 'projects.create')?.spanId);
  expect(transaction?.attributes['db.system.name']).toBe('postgresql');
});

test('the directory’s share of a sign-in is told', () => {
  const asked = spanIn(SIGN_IN, 'ldap authenticate');
  expect(asked).toMatchObject({ parentSpanId: spanIn(SIGN_IN, 'auth.login')?.spanId, kind: 3 });
  expect(asked?.attributes).toMatchObject({ 'infrahub.outcome': 'answered' });
});

test('the inventory is told whose trace it works for', () => {
  const asked = spanIn(SYNC, 'inventory readFleet');
  expect(asked?.attributes).toMatchObject({ 'infrahub.outcome': 'unavailable' });
  expect(asked?.status.code).toBe(2);
  expect(heard).toContain(`00-${SYNC?.traceId}-${asked?.spanId}-01`);
});

test('a job is a trace of its own, with a link to the request that caused it', () => {
  const job = spanOf((span) => span.links.some(isOf(CREATE)));
  expect(job).toMatchObject({ name: 'provisioning.write', kind: 5 });
  expect(job?.traceId).not.toBe(CREATE?.traceId);
  expect(job?.parentSpanId ?? '').toBe('');
  const write = spanOf((span) => span.name === 'git write' && span.traceId === job?.traceId);
  expect(write?.parentSpanId).toBe(job?.spanId);
});

test('no secret, name or value is in what the collector got', () => {
  const text = collector.text();
  expect(text).toContain('"service.name"');
  const secrets = [PASSWORD, JWT, ARGOCD, INVENTORY, GIT, token, 'canary', PROJECT, database.url, 'insert into'];
  for (const secret of secrets) expect(text).not.toContain(secret);
});

test('a collector that is not there harms neither answers nor the end', async () => {
  const infrahub = await startRunning(database, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await fetch(`${infrahub.url}/api/v1/auth/me`)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([401]));
  await until('the loss is told', async () =>
    (await infrahub.log()).includes('traces could not be handed to the collector') ? true : undefined,
  );
  expect((await fetch(`${infrahub.url}/healthz`)).status).toBe(200);
  await infrahub.stop();
});

test('OpenTelemetry is named by one file, which is loaded only where there is a collector', () => {
  const importers = (what: string) => {
    const found = spawnSync('grep', ['-rlE', '--include=*.ts', what, 'server'], { encoding: 'utf8' });
    return found.stdout.trim().split('\n');
  };
  expect(importers("from '@opentelemetry/")).toEqual(['server/platform/tracing-otel.ts']);
  expect(importers("from '.*tracing-otel.ts'")).toEqual(['']);
  expect(importers("import\\('./tracing-otel.ts'\\)")).toEqual(['server/platform/tracing.ts']);
});
