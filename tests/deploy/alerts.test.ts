import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const run = promisify(execFile);

const ALERTS = 'helm/infrahub/files/alerts.yaml';
/** Of Debian's package `prometheus`. */
const PROMTOOL = '/usr/bin/promtool';
const missing = existsSync(PROMTOOL) ? undefined : `${PROMTOOL} is not installed`;

const named = z.object({ groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string() })) })) });
const dashboardFile = z.object({
  panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })).default([]) })),
});

/** @throws with what promtool says, when it finds something. */
async function promtool(args: string[], content: object): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-alerts-'));
  try {
    const file = join(folder, 'given.yaml');
    await writeFile(file, stringify(content));
    await run(PROMTOOL, [...args, file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What Prometheus has scraped in an hour and a half, once a minute: series, and how each went. */
type Scraped = Record<string, string>;
const MINUTES = 90;
const END_SECONDS = MINUTES * 60;
const steady = (value: number): string => `${value}+0x${MINUTES}`;
const risingBy = (step: number): string => `0+${step}x${MINUTES}`;
const now = risingBy(60);
const nowAndThen = Array.from({ length: MINUTES + 1 }, (_, minute) => (minute % 2 ? 5 : 0)).join(' ');

const replica = (name: string, worker: number, database: number): Scraped => ({
  [`infrahub_worker_up{instance="${name}"}`]: steady(worker),
  [`infrahub_database_up{instance="${name}"}`]: steady(database),
});
const calls = (code: string, step: number, procedure = 'projects.list'): Scraped => ({
  [`infrahub_calls_total{procedure="${procedure}",code="${code}"}`]: risingBy(step),
});
/** Ten calls a minute, of which so many took less than a second. */
const within = (procedure: string, fast: number): Scraped => ({
  [`infrahub_call_duration_seconds_bucket{procedure="${procedure}",le="1"}`]: risingBy(fast),
  [`infrahub_call_duration_seconds_bucket{procedure="${procedure}",le="2.5"}`]: risingBy(10),
  [`infrahub_call_duration_seconds_bucket{procedure="${procedure}",le="+Inf"}`]: risingBy(10),
});
const asked = (system: string, outcome: string, step: number): Scraped => ({
  [`infrahub_outside_calls_total{system="${system}",outcome="${outcome}"}`]: risingBy(step),
});
const waiting = (reason: string, seconds: number): Scraped => ({
  [`infrahub_operations_waiting_seconds{for="${reason}"}`]: steady(seconds),
});
const ended = (outcome: string, step: number): Scraped => ({
  [`infrahub_operation_duration_seconds_count{kind="provision",outcome="${outcome}"}`]: risingBy(step),
});
const gauge = (name: string, value: number, labels = ''): Scraped => ({ [`${name}{${labels}}`]: steady(value) });
const ago = (name: string, seconds: number): Scraped => gauge(name, END_SECONDS - seconds);

const HOUR = 3_600;
const lag = gauge('nodejs_eventloop_lag_p99_seconds', 0.9, 'instance="a",pod="a"');
const pool = (values: string): Scraped => ({ 'infrahub_database_pool_waiting{instance="a",pod="a"}': values });
const over = (cores: number, bytes: number): Scraped => ({
  ...gauge('infrahub_over_allocated_cpu_cores', cores, 'site="haifa"'),
  ...gauge('infrahub_over_allocated_ram_bytes', bytes, 'site="haifa"'),
});
const drift = (kind: string): Scraped => gauge('infrahub_drift_findings', 1, `kind="${kind}"`);
const lastRun = (outcome: string): Scraped => gauge('infrahub_sync_last_run_outcome', 1, `outcome="${outcome}"`);
const rows = (count: string): Scraped => gauge('infrahub_sync_last_run_servers', 2, `count="${count}"`);

/** What has each alert fire, and what looks like it and does not. */
const CASES: [alert: string, fires: Scraped[], quiet: Scraped[]][] = [
  [
    'NoReplicaReady',
    [{}, { ...replica('a', 0, 1), ...replica('b', 1, 0) }],
    [{ ...replica('a', 0, 0), ...replica('b', 1, 1) }],
  ],
  ['DatabaseDown', [{ ...replica('a', 1, 1), ...replica('b', 1, 0) }], [replica('a', 0, 1)]],
  ['MigrationsPending', [gauge('infrahub_database_migrated', 0)], [gauge('infrahub_database_migrated', 1)]],
  ['DatabasePoolExhausted', [pool(steady(2))], [pool(steady(0)), pool(nowAndThen)]],
  [
    'Errors',
    [{ ...calls('OK', 90), ...calls('BUSY', 10) }],
    [
      { ...calls('OK', 99), ...calls('INTERNAL', 1) },
      { ...calls('OK', 50), ...calls('QUOTA_EXCEEDED', 50) },
    ],
  ],
  [
    'MostlyErrors',
    [{ ...calls('OK', 10), ...calls('INTERNAL', 90) }],
    [{ ...calls('OK', 90), ...calls('INTERNAL', 10) }],
  ],
  [
    'Slow',
    [within('projects.list', 9)],
    [within('projects.list', 10), within('auth.login', 0), within('admin.syncServers', 0)],
  ],
  ['EventLoopBlocked', [{ ...lag, ...gauge('infrahub_worker_up', 1, 'instance="a",pod="a"') }], [lag]],
  [
    'JobsStuck',
    [gauge('infrahub_jobs_oldest_ready_age_seconds', 400, 'task="t"')],
    [gauge('infrahub_jobs_oldest_ready_age_seconds', 200, 'task="t"')],
  ],
  ['JobsFailing', [gauge('infrahub_jobs_failing', 1, 'task="t"')], [gauge('infrahub_jobs_failing', 0, 'task="t"')]],
  [
    'ProvisioningStuck',
    [gauge('infrahub_operations_oldest_age_seconds', 2_000, 'kind="provision"')],
    [gauge('infrahub_operations_oldest_age_seconds', 1_000, 'kind="provision"')],
  ],
  ['ProvisioningFailing', [ended('rolled_back', 0.1)], [ended('rolled_back', 0.02), ended('succeeded', 1)]],
  ['ValuesFileUnusable', [waiting('values_file', 400)], [waiting('values_file', 200), waiting('git', 400)]],
  ['GitDown', [waiting('git', 700)], [waiting('git', 500), waiting('argocd', 700)]],
  [
    'GitRefuses',
    [asked('git', 'refused', 1), asked('git', 'misconfigured', 1)],
    [asked('git', 'unavailable', 1), asked('argocd', 'refused', 1)],
  ],
  ['ArgoCdDown', [waiting('argocd', 700)], [waiting('argocd', 500), waiting('git', 700)]],
  [
    'ArgoCdRefuses',
    [asked('argocd', 'refused', 1), asked('argocd', 'misconfigured', 1)],
    [asked('argocd', 'unavailable', 1), asked('git', 'refused', 1)],
  ],
  [
    'SyncStale',
    [ago('infrahub_sync_last_good_timestamp_seconds', 3 * HOUR)],
    [{ infrahub_sync_last_good_timestamp_seconds: now }],
  ],
  [
    'SyncVeryStale',
    [ago('infrahub_sync_last_good_timestamp_seconds', 4.5 * HOUR)],
    [ago('infrahub_sync_last_good_timestamp_seconds', 3 * HOUR)],
  ],
  ['SyncWithheld', [lastRun('withheld')], [lastRun('succeeded')]],
  ['InventoryQuarantine', [rows('quarantined')], [rows('synced')]],
  ['OverAllocated', [over(4, 0), over(0, 1e9)], [over(0, 0)]],
  ['Drift', [drift('entry_differs')], [drift('quota_counter')]],
  ['QuotaCounterWrong', [drift('quota_counter')], [drift('entry_differs')]],
  [
    'DriftUnchecked',
    [ago('infrahub_drift_checked_timestamp_seconds', 4 * HOUR)],
    [{ infrahub_drift_checked_timestamp_seconds: now }],
  ],
  [
    'DirectoryDown',
    [{ ...asked('ldap', 'unavailable', 1), ...asked('ldap', 'answered', 0) }],
    [{ ...asked('ldap', 'unavailable', 1), ...asked('ldap', 'answered', 1) }],
  ],
  [
    'SignInRefusals',
    [calls('INVALID_CREDENTIALS', 10, 'auth.login')],
    [calls('INVALID_CREDENTIALS', 1, 'auth.login'), calls('OK', 100, 'auth.login')],
  ],
];

const trial = (alert: string, scraped: Scraped, isFiring: boolean) => ({
  name: `InfraHub${alert} ${isFiring ? 'fires' : 'is quiet'} at ${JSON.stringify(scraped)}`,
  interval: '1m',
  input_series: Object.entries(scraped).map(([series, values]) => ({ series, values })),
  promql_expr_test: [
    {
      expr: `count(ALERTS{alertname="InfraHub${alert}",alertstate="firing"}) or vector(0)`,
      eval_time: `${MINUTES}m`,
      exp_samples: [{ labels: '{}', value: isFiring ? 1 : 0 }],
    },
  ],
});

test('every alert is tried here', () => {
  const { groups } = named.parse(parse(readFileSync(ALERTS, 'utf8')));
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  expect(CASES.map(([alert]) => `InfraHub${alert}`)).toEqual(alerts);
});

describe.skipIf(missing)(`Prometheus itself ${missing ?? ''}`, () => {
  test('takes the alerts', async () => {
    await run(PROMTOOL, ['check', 'rules', ALERTS]);
  });

  test('takes the expressions of the dashboard', async () => {
    const { panels } = dashboardFile.parse(JSON.parse(readFileSync('helm/infrahub/files/dashboard.json', 'utf8')));
    const rules = panels.flatMap(({ targets }) => targets).map(({ expr }, n) => ({ record: `panel:${n}`, expr }));
    expect(rules.length).toBeGreaterThan(40);
    await promtool(['check', 'rules'], { groups: [{ name: 'dashboard', rules }] });
  });

  test('has each alert fire at what it is for, and at nothing that only looks like it', async () => {
    const tests = CASES.flatMap(([alert, fires, quiet]) => [
      ...fires.map((scraped) => trial(alert, scraped, true)),
      ...quiet.map((scraped) => trial(alert, scraped, false)),
    ]);
    await promtool(['test', 'rules'], { rule_files: [resolve(ALERTS)], evaluation_interval: '5m', tests });
  });
});
