import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { httpText, load } from './load.ts';
import type { Benchmark } from './measure.ts';
import { found, idOf, SITE, tokensFor } from './organisation.ts';
import { startWorld, type World } from './world.ts';

const PROJECTS = 1_000;
const TEAMS = 20;
const LIMIT_MS = 300_000;
const counted = z.object({ n: z.number() });

async function countWhere(world: World, condition: string): Promise<number> {
  const { rows } = await world.db.execute(sql.raw(`select count(*)::int as n from projects where ${condition}`));
  return counted.parse(rows[0]).n;
}

async function commitsOf(repository: string): Promise<number> {
  const { stdout } = await promisify(execFile)('git', ['--git-dir', repository, 'rev-list', '--count', 'main']);
  return Number(stdout);
}

/** By InfraHub's own count of what it asks outside. */
async function callsToArgoCd(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const lines = metrics.matchAll(/^infrahub_outside_calls_total\{[^}]*system="argocd"[^}]*\} (\d+)/gm);
  return [...lines].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

/** Creates 1,000 projects at once and waits until all are active: how much work that is for Git and for Argo CD. */
async function one(rounds: { seconds: number[]; commits: number[]; calls: number[] }): Promise<void> {
  const world = await startWorld({ leads: TEAMS }, (db) => found(db, { fields: 2, departments: 5, teams: TEAMS }));
  try {
    const tokens = await tokensFor(
      world.db,
      world.secret,
      Array.from({ length: TEAMS }, (_, i) => i + 1),
    );
    const requests = tokens.map((token, i) => {
      const what = { site: SITE, sla_type: 'bronze', performance_tier: 'regular' };
      const body = { team_id: idOf('team', i + 1), name: '{unique}', ...what };
      return httpText('/api/trpc/projects.create', { method: 'POST', token, key: true, body });
    });
    const commitsBefore = await commitsOf(world.gitRepository);
    const callsBefore = await callsToArgoCd(world.url);
    const started = performance.now();
    await load({ port: world.port, clients: 64, requests, count: PROJECTS });
    while ((await countWhere(world, "status = 'active'")) < PROJECTS) {
      if (performance.now() - started > LIMIT_MS) throw new Error('not all projects became active');
      await sleep(100);
    }
    rounds.seconds.push((performance.now() - started) / 1000);
    rounds.commits.push((await commitsOf(world.gitRepository)) - commitsBefore);
    rounds.calls.push((await callsToArgoCd(world.url)) - callsBefore);
  } finally {
    await world.stop();
  }
}

export const burst: Benchmark = {
  name: 'burst',
  async run({ rounds: count, quick }) {
    const rounds: Parameters<typeof one>[0] = { seconds: [], commits: [], calls: [] };
    for (let round = 0; round < (quick ? 1 : count); round++) await one(rounds);
    const what = '1,000 projects at once until active';
    return [
      { what: `${what}: commits`, unit: '', ours: rounds.commits, goal: { atMost: 10 } },
      { what: `${what}: calls to Argo CD`, unit: '', ours: rounds.calls, goal: { atMost: 30 } },
      { what: `${what}: time`, unit: 's', ours: rounds.seconds },
    ];
  },
};
