import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { driftChecks, projectOperations, syncRuns } from '../../db/schema/index.ts';
import { openDatabase } from '../../server/platform/database.ts';
import { createLog } from '../../server/platform/log.ts';
import { createMetrics } from '../../server/platform/metrics.ts';
import { GAUGES } from '../../server/reports/gauges.rules.ts';
import { createGaugesService } from '../../server/reports/gauges.service.ts';
import { newServer } from '../factories/org.ts';
import { newBranch, newProjectRow } from '../factories/quotas.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { parseMetrics, scrape, valuesOf } from '../support/metrics.ts';
import { startRunning } from '../support/running.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
let infrahub: Awaited<ReturnType<typeof startRunning>>;

beforeAll(async () => {
  database = await freshDatabase();
  infrahub = await startRunning(database);
});
afterAll(async () => {
  await infrahub.stop();
  await database.drop();
});

const GIB = 1024 ** 3;

/** What Prometheus would be told of this database. */
async function told(of: TestDatabase) {
  const metrics = createMetrics();
  const watched = { pool: of.pool, poolSize: 20, isWorking: () => true, liveSubscribers: () => 0 };
  metrics.watch({ ...watched, gauges: GAUGES, read: createGaugesService(of).read });
  return parseMetrics(await metrics.scrape());
}

test('each call of a procedure is counted by door, procedure and code', async () => {
  const call = () => fetch(`${infrahub.url}/api/v1/auth/me`);
  const labels = { door: 'rest', procedure: 'auth.me', code: 'UNAUTHENTICATED' };
  await call();
  await call();
  await fetch(`${infrahub.url}/api/trpc/auth.me,auth.me?batch=1`);
  const series = await scrape(infrahub.url);
  expect(valuesOf(series, 'infrahub_calls_total', labels)).toEqual([2]);
  expect(valuesOf(series, 'infrahub_calls_total', { ...labels, door: 'trpc' })).toEqual([2]);
  expect(valuesOf(series, 'infrahub_call_duration_seconds_count', { door: 'rest', procedure: 'auth.me' })).toEqual([2]);
  expect(valuesOf(series, 'infrahub_http_requests_total', { door: 'trpc', status: '401' })).toEqual([1]);
});

test('names that are no procedures of ours make no series', async () => {
  const size = async () => {
    const series = await scrape(infrahub.url);
    return series.filter(({ name }) => /^infrahub_(http|call)/.test(name)).length;
  };
  const ask = async (from: number) => {
    for (let i = from; i < from + 20; i++) {
      await fetch(`${infrahub.url}/api/v1/nothing/${i}`);
      await fetch(`${infrahub.url}/api/trpc/no.such${i}`);
    }
  };
  await ask(0);
  const before = await size();
  await ask(20);
  expect(await size()).toBe(before);
  const text = await (await fetch(`${infrahub.url}/metrics`)).text();
  expect(text).not.toContain('no.such');
  expect(text).not.toContain('nothing/');
});

test('a request is one line of the log, with its id, procedure, code and duration', async () => {
  const id = '0b0fbb1c-3a4e-4a8a-9a3e-7a1d6c1d2e3f';
  await fetch(`${infrahub.url}/api/v1/auth/me`, { headers: { 'x-request-id': id } });
  const lines = await until('the line is written', async () => {
    const found = (await infrahub.log()).split('\n').filter((line) => line.includes(id) && line.includes('"request"'));
    return found.length > 0 ? found : undefined;
  });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    request_id: id,
    procedure: 'auth.me',
    code: 'UNAUTHENTICATED',
    status: 401,
    ms: expect.any(Number),
  });
});

test('a job is told with its id, its task and the request that caused it', async () => {
  const line = await until('a job is done', async () =>
    (await infrahub.log()).split('\n').find((one) => one.includes('"a job is done"')),
  );
  expect(JSON.parse(line)).toMatchObject({
    request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    job: expect.any(String),
    job_id: expect.stringMatching(/^\d+$/),
    ms: expect.any(Number),
  });
});

test('a system outside that does not answer is counted as such, and the directory by name', async () => {
  await fetch(`${infrahub.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'anna', password: 'a password' }),
  });
  const series = await scrape(infrahub.url);
  const ldap = { system: 'ldap', operation: 'authenticate' };
  expect(valuesOf(series, 'infrahub_outside_calls_total', { ...ldap, outcome: 'unavailable' })).toEqual([1]);
  expect(valuesOf(series, 'infrahub_outside_calls_total', { ...ldap, outcome: 'answered' })).toEqual([0]);
  expect(valuesOf(series, 'infrahub_calls_total', { procedure: 'auth.login', code: 'DIRECTORY_UNAVAILABLE' })).toEqual([
    1,
  ]);
});

test('the state of the replica is there: its pool, its worker, its event loop', async () => {
  const series = await scrape(infrahub.url);
  expect(valuesOf(series, 'infrahub_database_up')).toEqual([1]);
  expect(valuesOf(series, 'infrahub_database_migrated')).toEqual([1]);
  expect(valuesOf(series, 'infrahub_worker_up')).toEqual([1]);
  expect(valuesOf(series, 'infrahub_database_pool_size')).toEqual([20]);
  expect(valuesOf(series, 'infrahub_database_pool_waiting')).toEqual([0]);
  expect(valuesOf(series, 'nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
  expect(valuesOf(series, 'process_resident_memory_bytes')[0]).toBeGreaterThan(0);
});

test('capacity, online, granted, used, free and over-allocated are told by site, in cores and bytes', async () => {
  const own = await freshDatabase();
  const sizes = { capacity: { cpu: 100, ramGb: 200 }, department: { cpu: 60, ramGb: 240 } };
  const { field } = await newBranch(own.db, { ...sizes, team: { cpu: 10, ramGb: 20 } });
  await newServer(own.db, { fieldId: field.id, site: 'haifa', cpu: 999, ramGb: 999, status: 'offline' });
  const series = await told(own);
  const site = { site: 'haifa' };
  const cores = (amount: string) => valuesOf(series, `infrahub_${amount}_cpu_cores`, site);
  const bytes = (amount: string) => valuesOf(series, `infrahub_${amount}_ram_bytes`, site);
  expect([cores('capacity'), cores('online'), cores('granted'), cores('free'), cores('over_allocated')]).toEqual([
    [1099],
    [100],
    [60],
    [40],
    [0],
  ]);
  expect([bytes('capacity'), bytes('online'), bytes('granted')]).toEqual([[1199 * GIB], [200 * GIB], [240 * GIB]]);
  expect([bytes('free'), bytes('over_allocated')]).toEqual([[0], [40 * GIB]]);
  expect(valuesOf(series, 'infrahub_servers', { ...site, status: 'offline' })).toEqual([1]);
  await own.drop();
});

test('projects, orders and what they wait for are told, and what there is none of is 0', async () => {
  const own = await freshDatabase();
  const { team } = await newBranch(own.db, { capacity: { cpu: 10, ramGb: 10 } });
  const projectId = await newProjectRow(own.db, team.id, { status: 'provisioning' });
  const after = { sla: 'bronze', tier: 'regular', cpu: 2, ram_gb: 4 } as const;
  const ago = sql`now() - interval '100 seconds'`;
  await own.db.insert(projectOperations).values({
    ...{ projectId, kind: 'provision', after, state: 'requested', requestId: projectId, createdAt: ago },
    ...{ waitingFor: 'git', waitingSince: sql`now() - interval '50 seconds'`, waitingReason: 'The repository is down' },
  });
  const series = await told(own);
  expect(valuesOf(series, 'infrahub_projects', { status: 'provisioning' })).toEqual([1]);
  expect(valuesOf(series, 'infrahub_projects', { status: 'failed' })).toEqual([0]);
  expect(valuesOf(series, 'infrahub_operations_open', { kind: 'provision' })).toEqual([1]);
  expect(valuesOf(series, 'infrahub_operations_oldest_age_seconds', { kind: 'provision' })[0]).toBeGreaterThan(99);
  expect(valuesOf(series, 'infrahub_operations_waiting', { for: 'git' })).toEqual([1]);
  expect(valuesOf(series, 'infrahub_operations_waiting_seconds', { for: 'git' })[0]).toBeGreaterThan(49);
  expect(valuesOf(series, 'infrahub_operations_waiting', { for: 'argocd' })).toEqual([0]);
  await own.drop();
});

test('a job is ready when it is due and its queue is free, and its age counts from then', async () => {
  const own = await freshDatabase();
  const add = (task: string, queue: string | null, ago: number) =>
    own.db.execute(sql`
    select graphile_worker.add_job(${task}, '{}'::json, queue_name => ${queue}, run_at => now() - make_interval(secs => ${ago}))`);
  await add('due', null, 90);
  await add('later', null, -600);
  await add('runs', 'q', 60);
  await own.db.execute(sql`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w', last_error = 'x'
    where task_id = (select id from graphile_worker._private_tasks where identifier = 'runs')`);
  await add('behind', 'q', 30);
  const series = await told(own);
  const jobs = (task: string) =>
    ['ready', 'running', 'scheduled'].map((state) => valuesOf(series, 'infrahub_jobs', { task, state })[0]);
  expect(jobs('due')).toEqual([1, 0, 0]);
  expect(jobs('later')).toEqual([0, 0, 1]);
  expect(jobs('runs')).toEqual([0, 1, 0]);
  expect(jobs('behind')).toEqual([0, 0, 1]);
  expect(valuesOf(series, 'infrahub_jobs_oldest_ready_age_seconds', { task: 'due' })[0]).toBeGreaterThan(89);
  expect(valuesOf(series, 'infrahub_jobs_failing', { task: 'runs' })).toEqual([1]);
  await own.drop();
});

test('the last good sync stays told while later ones fail; before the first it is 0', async () => {
  const own = await freshDatabase();
  expect(valuesOf(await told(own), 'infrahub_sync_last_good_timestamp_seconds')).toEqual([0]);
  const run = (outcome: 'succeeded' | 'failed', hour: string) =>
    own.db.insert(syncRuns).values({
      ...{ trigger: 'schedule', requestedBy: 'test', requestId: '0b0fbb1c-3a4e-4a8a-9a3e-7a1d6c1d2e3f', outcome },
      ...{
        startedAt: `2026-01-01T0${hour}:00:00Z`,
        finishedAt: `2026-01-01T0${hour}:00:02Z`,
        synced: 7,
        quarantined: 2,
      },
    });
  await run('succeeded', '1');
  await run('failed', '2');
  const series = await told(own);
  expect(valuesOf(series, 'infrahub_sync_last_good_timestamp_seconds')).toEqual([
    Date.parse('2026-01-01T01:00:02Z') / 1000,
  ]);
  expect(valuesOf(series, 'infrahub_sync_last_run_outcome', { outcome: 'failed' })).toEqual([1]);
  expect(valuesOf(series, 'infrahub_sync_last_run_outcome', { outcome: 'succeeded' })).toEqual([0]);
  expect(valuesOf(series, 'infrahub_sync_last_run_servers', { count: 'quarantined' })).toEqual([2]);
  await own.drop();
});

test('what the last drift check found is told by kind', async () => {
  const own = await freshDatabase();
  const findings = [{ kind: 'quota_counter' }, { kind: 'entry_differs' }, { kind: 'entry_differs' }];
  const unreadable = [{ source: 'git', name: 'values.yaml', reason: 'down' }];
  await own.db.insert(driftChecks).values({ checkedAt: '2026-01-01T00:00:00Z', total: 3, findings, unreadable });
  const series = await told(own);
  expect(valuesOf(series, 'infrahub_drift_findings', { kind: 'entry_differs' })).toEqual([2]);
  expect(valuesOf(series, 'infrahub_drift_findings', { kind: 'quota_counter' })).toEqual([1]);
  expect(valuesOf(series, 'infrahub_drift_findings', { kind: 'namespace_missing' })).toEqual([0]);
  expect(valuesOf(series, 'infrahub_drift_unreadable')).toEqual([1]);
  await own.drop();
});

test('without the database a scrape still answers, says so, and tells nothing old', async () => {
  const gone = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 4, log: createLog('silent') });
  const metrics = createMetrics();
  const watched = { pool: gone.pool, poolSize: 4, isWorking: () => false, liveSubscribers: () => 3 };
  metrics.watch({ ...watched, gauges: GAUGES, read: createGaugesService(gone).read });
  const series = parseMetrics(await metrics.scrape());
  expect(valuesOf(series, 'infrahub_database_up')).toEqual([0]);
  expect(valuesOf(series, 'infrahub_live_subscribers')).toEqual([3]);
  expect(valuesOf(series, 'infrahub_worker_up')).toEqual([0]);
  for (const name of Object.keys(GAUGES)) expect(valuesOf(series, name)).toEqual([]);
  await gone.close();
});

test('a database that hangs keeps a scrape waiting for a moment only, and is asked once, however many scrape', async () => {
  let asked = 0;
  let answer = (_samples: []) => {};
  const read = () => {
    asked++;
    return new Promise<[]>((resolve) => {
      answer = resolve;
    });
  };
  const metrics = createMetrics();
  const watched = { pool: database.pool, poolSize: 4, isWorking: () => true, liveSubscribers: () => 0 };
  metrics.watch({ ...watched, gauges: GAUGES, read });
  const texts = await Promise.all([metrics.scrape(), metrics.scrape(), metrics.scrape()]);
  for (const text of texts) expect(valuesOf(parseMetrics(text), 'infrahub_database_up')).toEqual([0]);
  expect(asked).toBe(1);
  answer([]);
  const later = await until('it is up again', async () => {
    const series = parseMetrics(await metrics.scrape());
    return valuesOf(series, 'infrahub_database_up')[0] === 1 ? series : undefined;
  });
  expect(later.length).toBeGreaterThan(0);
});
