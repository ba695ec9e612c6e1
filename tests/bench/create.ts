import { httpText, load } from './load.ts';
import type { Benchmark, Measure } from './measure.ts';
import { found, idOf, SITE, teamIdInSql, tokensFor } from './organisation.ts';
import { pgbench } from './pgbench.ts';
import { startWorld, writeElsewhere } from './world.ts';

const CLIENTS = 64;
const TEAMS = 200;

/** What has to be written for a project, row by row, with the triggers of the real tables. */
const rowByRow = (team: string): string => `
${team}
BEGIN;
SELECT id AS quota, gen_random_uuid() AS project, gen_random_uuid() AS operation, gen_random_uuid() AS request
  FROM team_quota_allocations WHERE team_id = ${teamIdInSql(':team')} AND site = '${SITE}' FOR NO KEY UPDATE \\gset
INSERT INTO idempotency_keys (actor, procedure, key, input_hash, result)
  VALUES ('lead', 'bench', :project, 'hash', '{"id": "00000000-0000-0000-0000-000000000000"}');
INSERT INTO quota_ledger (team_quota_id, project_id, operation_id, kind, cpu, ram_gb)
  VALUES (:quota, :project, :operation, 'reserve', 2, 4);
UPDATE team_quota_allocations SET cpu_used = cpu_used + 2, ram_gb_used = ram_gb_used + 4, updated_at = now() WHERE id = :quota;
INSERT INTO projects (id, team_id, name, namespace_name, site, sla_type, performance_tier, cpu, ram_gb, status, created_by)
  VALUES (:project, ${teamIdInSql(':team')}, :project, :project, '${SITE}', 'bronze', 'regular', 2, 4, 'provisioning', 'lead');
INSERT INTO project_operations (id, project_id, kind, after, state, request_id)
  VALUES (:operation, :project, 'provision', '{"sla": "bronze", "tier": "regular", "cpu": 2, "ram_gb": 4}', 'requested', :request);
INSERT INTO project_events (project_id, kind, message, details, request_id)
  VALUES (:project, 'reserved', 'Quota reserved: 2 cores and 4 GiB at ${SITE}', '{"cpu": 2, "ram_gb": 4}', :request);
INSERT INTO audit_events (actor, action, target_type, target_id, target_name, team_id, after, request_id)
  VALUES ('lead', 'project.create', 'project', :project, :project, ${teamIdInSql(':team')}, '{"site": "${SITE}", "cpu": 2, "ram_gb": 4}', :request);
SELECT 1 FROM graphile_worker.jobs WHERE key = 'provisioning.write' AND locked_at IS NULL;
COMMIT;
`;

const cases = [
  { what: 'create a project, one team, 64 clients', teams: 1, atLeast: 1.5 },
  { what: 'create a project, 200 teams, 64 clients', teams: TEAMS, atLeast: 0.8 },
];

async function measure(
  what: string,
  teams: number,
  atLeast: number,
  rounds: number,
  seconds: number,
): Promise<Measure> {
  const world = await startWorld({ leads: teams }, (db) => found(db, { fields: 5, departments: 20, teams: TEAMS }));
  const release = await writeElsewhere(world.databaseUrl);
  try {
    const numbers = Array.from({ length: teams }, (_, i) => i + 1);
    const tokens = await tokensFor(world.db, world.secret, numbers);
    const requests = tokens.map((token, i) =>
      httpText('/api/trpc/projects.create', {
        method: 'POST',
        token,
        key: true,
        body: {
          team_id: idOf('team', i + 1),
          name: '{unique}',
          site: SITE,
          sla_type: 'bronze',
          performance_tier: 'regular',
        },
      }),
    );
    const ours: number[] = [];
    const baseline: number[] = [];
    let busy = 0;
    await load({ port: world.port, clients: CLIENTS, requests, seconds: 3 });
    const script = rowByRow(teams === 1 ? '\\set team 1' : `\\set team random(1, ${teams})`);
    for (let round = 0; round < rounds; round++) {
      baseline.push(await pgbench({ url: world.databaseUrl, clients: CLIENTS, seconds, script }));
      const result = await load({ port: world.port, clients: CLIENTS, requests, seconds });
      ours.push(result.perSecond);
      busy = Math.max(busy, result.busy);
    }
    return {
      what,
      unit: '/s',
      ours,
      baseline: { name: 'pgbench, 64 clients, prepared, row by row', figures: baseline },
      goal: { atLeast },
      note: `the load generator was busy ${Math.round(busy * 100)} % of the time`,
    };
  } finally {
    await release();
    await world.stop();
  }
}

export const create: Benchmark = {
  name: 'create',
  async run({ rounds, quick }) {
    const measures: Measure[] = [];
    for (const { what, teams, atLeast } of cases)
      measures.push(await measure(what, teams, atLeast, rounds, quick ? 3 : 8));
    return measures;
  },
};
