import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { driftChecks, syncRuns } from '../../db/schema/index.ts';
import { HTTP_STATUS } from '../../server/platform/errors.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { everyProcedure } from '../support/doors.ts';
import { parseMetrics, type Series } from '../support/metrics.ts';
import { startRunning } from '../support/running.ts';

const ALERTS = 'helm/infrahub/files/alerts.yaml';
const HEADINGS = ['What it means', 'What users see', 'Look first', 'Mend', 'When to wake somebody'];

const filled = z.string().min(1);
const alert = z.strictObject({
  alert: z.string().regex(/^InfraHub[A-Z]\w+$/),
  expr: filled,
  for: filled.optional(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({
    summary: filled,
    description: filled,
    runbook_url: z.string().regex(/^docs\/runbooks\/[a-z-]+\.md$/),
  }),
});
const alertsFile = z.strictObject({ groups: z.array(z.strictObject({ name: filled, rules: z.array(alert) })) });
const panel = z.looseObject({
  title: filled,
  type: z.enum(['row', 'stat', 'timeseries']),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  datasource: z.object({ uid: z.string().regex(/^\$\{datasource\}$/) }).optional(),
  fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: filled }) }).optional(),
  targets: z.array(z.looseObject({ expr: filled })).default([]),
});
const dashboardFile = z.looseObject({
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), type: z.string() })) }),
  panels: z.array(panel),
});

const alerts = alertsFile.parse(parse(readFileSync(ALERTS, 'utf8'))).groups.flatMap(({ rules }) => rules);
const dashboard = dashboardFile.parse(JSON.parse(readFileSync('helm/infrahub/files/dashboard.json', 'utf8')));
const expressions = [
  ...alerts.map(({ alert: name, expr }) => ({ where: name, expr })),
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: title, expr }))),
];
const pages = readdirSync('docs/runbooks').filter((name) => name.endsWith('.md'));
const runbook = (name: string) => readFileSync(`docs/runbooks/${name}`, 'utf8');

let database: TestDatabase;
/** Every metric of a running InfraHub, with its type. */
let metrics: Map<string, string>;
let series: Series[];

beforeAll(async () => {
  database = await freshDatabase();
  await database.db.insert(syncRuns).values({
    ...{ trigger: 'schedule', requestedBy: 'test', requestId: randomUUID(), outcome: 'succeeded' },
    ...{ startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:02Z' },
  });
  const checkedAt = '2026-01-01T00:00:00Z';
  await database.db.insert(driftChecks).values({ checkedAt, total: 0, findings: [], unreadable: [] });
  const infrahub = await startRunning(database);
  const text = await (await fetch(`${infrahub.url}/metrics`)).text();
  series = parseMetrics(text);
  metrics = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  await infrahub.stop();
});
afterAll(() => database.drop());

/** The metrics that an expression names; of a histogram, the name that its series share. */
const namedIn = (expr: string): string[] =>
  expr.replaceAll(/"[^"]*"/g, '').match(/\b(infrahub|nodejs|process)_\w+/g) ?? [];
const isTold = (name: string): boolean =>
  metrics.has(name) || metrics.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram';

test('every metric of an alert or a panel is told by a running InfraHub', () => {
  expect(expressions.length).toBeGreaterThan(60);
  for (const { where, expr } of expressions) {
    const named = namedIn(expr);
    expect(named.length, where).toBeGreaterThan(0);
    expect(
      named.filter((name) => !isTold(name)),
      where,
    ).toEqual([]);
  }
});

/** Values of labels that are told only once there was such a call. */
const CALLS: Record<string, string[]> = {
  code: ['OK', ...Object.keys(HTTP_STATUS)],
  procedure: everyProcedure().map(({ path }) => path),
  door: ['trpc', 'rest', 'page', 'asset', 'probe'],
};
const toldOf = (label: string): string[] => CALLS[label] ?? series.flatMap(({ labels }) => labels[label] ?? []);

test('every value that an alert or a panel picks by is one that a running InfraHub tells', () => {
  const picked = expressions.flatMap(({ where, expr }) =>
    [...expr.matchAll(/(\w+)(?:=~|!~|!?=)"([^"]+)"/g)].map(([, label = '', text = '']) => ({ where, label, text })),
  );
  expect(picked.length).toBeGreaterThan(20);
  for (const { where, label, text } of picked) {
    for (const value of text.split('|')) expect(toldOf(label), `${where}: ${label}`).toContain(value);
  }
});

test('what the database tells is never added up over the replicas', () => {
  const shared =
    /sum(?: by \([^)]*\))? \((?:increase|rate)?\(?infrahub_(projects|operations_|jobs|servers|capacity|granted|used|free|over|sync|drift)/;
  for (const { where, expr } of expressions.filter(({ expr }) => !expr.includes('instance'))) {
    expect(expr, where).not.toMatch(shared);
  }
});

test('every expression is well formed', () => {
  for (const { where, expr } of expressions) {
    const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
    const depth = (open: string, close: string) => bare.split(open).length - bare.split(close).length;
    expect([depth('(', ')'), depth('{', '}'), depth('[', ']')], where).toEqual([0, 0, 0]);
    expect(bare.match(/\b(rate|increase|min_over_time)\([^[]*\)\)?$/), where).toBeNull();
  }
});

test('no alert has the name of another', () => {
  const names = alerts.map(({ alert: name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('every alert has its runbook, which names it, and every runbook its alert', () => {
  const linked = new Set(alerts.map(({ annotations }) => annotations.runbook_url.replace('docs/runbooks/', '')));
  expect(pages.filter((name) => name !== 'README.md').sort()).toEqual([...linked].sort());
  for (const { alert: name, annotations } of alerts) {
    expect(readFileSync(annotations.runbook_url, 'utf8'), name).toContain(`\`${name}\``);
  }
});

test.each(pages.filter((name) => name !== 'README.md'))('%s has its five parts, none of them empty', (name) => {
  const parts = runbook(name).split(/^## /m).slice(1);
  expect(parts.map((part) => part.split('\n')[0])).toEqual(HEADINGS);
  for (const part of parts) expect(part.split('\n').slice(1).join('').length).toBeGreaterThan(5);
});

const sqlOf = (text: string): string[] => [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql);
/** What changes something says so by a transaction of its own; `operations/migrations` runs it. */
const isMend = (statement: string) => statement.startsWith('begin;');

test('SQL that changes something stands under Mend', () => {
  for (const name of pages) {
    const [before = ''] = runbook(name).split('## Mend');
    expect(sqlOf(before).filter(isMend), name).toEqual([]);
  }
});

test('every other SQL of a runbook runs, and changes nothing', async () => {
  const statements = pages.flatMap((name) =>
    sqlOf(runbook(name))
      .filter((statement) => !isMend(statement))
      .map((statement) => ({ name, statement })),
  );
  expect(statements.length).toBeGreaterThan(10);
  const client = await database.pool.connect();
  try {
    for (const { name, statement } of statements) {
      await client.query('begin read only');
      await expect(client.query(statement), `${name}: ${statement}`).resolves.toBeDefined();
      await client.query('rollback');
    }
  } finally {
    client.release();
  }
});

test('every address of the API in a runbook is one', () => {
  const known = everyProcedure().flatMap(({ rest }) => (rest ? [`${rest.method} ${rest.path}`] : []));
  const isKnown = (method: string, path: string) =>
    known.some((one) => new RegExp(`^${one.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`${method} ${path}`));
  const calls = pages.flatMap((name) =>
    [...runbook(name).matchAll(/(-X (\w+) )?"\$URL\/api\/v1([^"?]*)/g)].map(([, , method, path = '']) => ({
      name,
      method: method ?? (path === '/auth/login' ? 'POST' : 'GET'),
      path,
    })),
  );
  expect(calls.length).toBeGreaterThan(10);
  expect(calls.filter(({ method, path }) => !isKnown(method, path))).toEqual([]);
});

test('every panel has a unit and the data source that is chosen, and none lies over another', () => {
  expect(dashboard.templating.list).toContainEqual(expect.objectContaining({ name: 'datasource', type: 'datasource' }));
  const taken = new Set<string>();
  for (const { type, title, gridPos, datasource, fieldConfig } of dashboard.panels) {
    if (type !== 'row') expect([datasource, fieldConfig], title).not.toContain(undefined);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(x, title).toBeLessThan(24);
        expect(taken.has(`${x} ${y}`), title).toBe(false);
        taken.add(`${x} ${y}`);
      }
    }
  }
});
