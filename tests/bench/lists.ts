import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { driftChecks } from '../../db/schema/index.ts';
import type { Db } from '../../server/platform/database.ts';
import { httpText, load } from './load.ts';
import { type Benchmark, type Measure, noFigures } from './measure.ts';
import { found, SITE, tokenOfAdmin } from './organisation.ts';
import { pgbench } from './pgbench.ts';
import { startWorld, type World } from './world.ts';

const CLIENTS = 16;
const PROJECTS = 100_000;
const SERVERS = 10_000;
const PAGE = 50;

const PROJECT_COLUMNS = `p.id, p.team_id, t.name as team_name, p.name, p.namespace_name, p.site, p.sla_type, p.performance_tier,
  p.cpu, p.ram_gb, p.status, p.status_reason, (select o.commit_sha from project_operations o where o.project_id = p.id
  and o.commit_sha is not null order by o.created_at desc limit 1), p.created_by, p.created_at, p.updated_at,
  p.team_id, t.department_id, d.field_id`;

/** The query of a page of projects, as InfraHub asks it. */
const projectsAfter = (where: string): string => `
select ${PROJECT_COLUMNS} from projects p join teams t on t.id = p.team_id join departments d on d.id = t.department_id
${where} order by p.created_at desc, p.id desc limit ${PAGE + 1};
`;

const SERVER_FILTER = { site: SITE, performance_tier: 'high_performance', sort: 'cpu', direction: 'desc', limit: PAGE };
const SERVERS_SCRIPT = `
select s.id, s.name, s.site, s.cpu, s.ram_gb, s.performance_tier, s.status, case when s.status = 'online' then
  greatest(s.last_seen_at, (select max(started_at) from sync_runs where outcome = 'succeeded')) else s.last_seen_at end,
  f.id, f.name
from servers s left join field_server_allocations a on a.server_id = s.id left join fields f on f.id = a.field_id
where s.site = '${SITE}' and s.performance_tier = 'high_performance' order by s.cpu desc, s.id desc limit ${PAGE + 1};
`;

async function fill(db: Db): Promise<void> {
  await found(db, { fields: 5, departments: 20, teams: 200 });
  await db.transaction(async (tx) => {
    // So many rows may take longer than a request.
    await tx.execute(sql`set local statement_timeout = 0`);
    await tx.execute(sql`insert into projects (team_id, name, namespace_name, site, sla_type, performance_tier, cpu, ram_gb,
        status, created_by, created_at)
      select t.id, 'p-' || n, 'ns-' || n, ${SITE}, 'bronze', 'regular', 2, 4, 'active', 'lead', now() - n * interval '1 minute'
      from generate_series(1, ${sql.raw(String(PROJECTS))}) n
      join lateral (select id from teams order by id offset n % 200 limit 1) t on true`);
    await tx.execute(sql`insert into project_operations (project_id, kind, after, state, commit_sha, request_id)
      select id, 'provision', '{"sla": "bronze", "tier": "regular", "cpu": 2, "ram_gb": 4}', 'succeeded', md5(name), id
      from projects`);
    await tx.execute(sql`insert into servers (name, site, cpu, ram_gb, performance_tier, status)
      select 'server-' || n, (array['haifa', 'eilat', 'arad'])[1 + n % 3], 16 + n % 97, 256,
        (array['regular', 'high_performance'])[1 + n % 2], 'online' from generate_series(1, ${sql.raw(String(SERVERS))}) n`);
  });
  // As autovacuum would before long, in the middle of a round.
  await db.execute(sql`vacuum analyze`);
}

/** The address of a page: `cursor` as InfraHub's own pages name it. */
const query = (procedure: string, input: unknown): string =>
  `/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;

/** Where page 1,000 begins: the cursor after 999 pages, and the same place for SQL. */
async function page1000(world: World) {
  const { rows } = await world.db.execute<{ id: string; at: string }>(sql`
    select id, created_at as at from projects order by created_at desc, id desc offset ${999 * PAGE - 1} limit 1`);
  const [{ id, at } = { id: '', at: '' }] = rows;
  const position = ['created_at', 'desc', new Date(at).toISOString(), id];
  const cursor = Buffer.from(JSON.stringify(position)).toString('base64url');
  return { cursor, where: `where (p.created_at, p.id) < ('${at}'::timestamptz, '${id}'::uuid)` };
}

export const lists: Benchmark = {
  name: 'lists',
  async run({ rounds, quick }) {
    const world = await startWorld({}, fill);
    try {
      const seconds = quick ? 2 : 5;
      const token = await tokenOfAdmin(world);
      const later = await page1000(world);
      // A start is followed by a check, which finds that none of these projects has an entry in Git: not what is measured.
      while ((await world.db.$count(driftChecks)) === 0) await sleep(100);
      const cases = [
        { path: query('projects.list', { limit: PAGE }), script: projectsAfter('') },
        { path: query('projects.list', { limit: PAGE, cursor: later.cursor }), script: projectsAfter(later.where) },
        { path: query('servers.list', SERVER_FILTER), script: SERVERS_SCRIPT },
      ].map((one) => ({ ...one, ...noFigures() }));
      for (const { path } of cases) await ask(world, path, token, 1);
      for (let round = 0; round < rounds; round++) {
        for (const { path, script, ours, baseline } of cases) {
          baseline.push(await pgbench({ url: world.databaseUrl, clients: CLIENTS, seconds, script }));
          ours.push(await ask(world, path, token, seconds));
        }
      }
      const [first, deep, servers] = cases;
      return [
        measureOf('list 50 of 100,000 projects, page 1', first),
        measureOf('list 50 of 100,000 projects, page 1,000', deep),
        {
          ...measureOf('page 1,000 beside page 1', { ours: first?.ours, baseline: deep?.ours }),
          goal: { atMost: 1.2 },
        },
        measureOf('filter and sort 10,000 servers', servers),
      ];
    } finally {
      await world.stop();
    }
  },
};

async function ask(world: World, path: string, token: string, seconds: number): Promise<number> {
  const requests = [httpText(path, { token })];
  return (await load({ port: world.port, clients: CLIENTS, requests, seconds })).perSecond;
}

type Figures = { ours?: number[] | undefined; baseline?: number[] | undefined } | undefined;

const measureOf = (what: string, { ours = [], baseline = [] }: NonNullable<Figures> = {}): Measure => ({
  what,
  unit: '/s',
  ours,
  baseline: { name: what.startsWith('page') ? 'page 1,000' : 'pgbench, 16 clients, the same query', figures: baseline },
  goal: { atLeast: 0.15 },
});
