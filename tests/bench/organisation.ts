import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { createTokens } from '../../server/auth/tokens.ts';
import { systemClock } from '../../server/platform/clock.ts';
import type { Db } from '../../server/platform/database.ts';
import { call } from './call.ts';

export const SITE = 'haifa';
export const ADMIN = { username: 'admin', password: 'admin-password' };

/** Ids that a script of pgbench can compute as well. */
export const idOf = (level: 'team' | 'department' | 'field', n: number): string =>
  `00000000-0000-4000-8000-${{ field: 1, department: 2, team: 3 }[level]}${String(n).padStart(11, '0')}`;

/** What `idOf` a team computes, in SQL. */
export const teamIdInSql = (n: string): string => `('00000000-0000-4000-8000-3' || lpad(${n}::text, 11, '0'))::uuid`;

export const leadOf = (team: number) => ({ username: `lead-${team}`, password: 'lead-password' });

type Size = { fields: number; departments: number; teams: number };

/** Founds an organisation of so many nodes in all, evenly spread, every team with far more quota than it can use. */
export async function found(db: Db, { fields, departments, teams }: Size): Promise<void> {
  const id = (level: 'team' | 'department' | 'field', n: string) =>
    sql.raw(`('${idOf(level, 0).slice(0, 25)}' || lpad((${n})::text, 11, '0'))::uuid`);
  const n = (count: number) => sql.raw(`generate_series(1, ${count}) n`);
  await db.transaction(async (tx) => {
    await tx.execute(sql`insert into centers (id, name) values (${randomUUID()}, 'center')`);
    await tx.execute(sql`insert into fields (id, center_id, name)
      select ${id('field', 'n')}, (select id from centers), 'field-' || n from ${n(fields)}`);
    await tx.execute(sql`insert into departments (id, field_id, name)
      select ${id('department', 'n')}, ${id('field', `1 + n % ${fields}`)}, 'department-' || n from ${n(departments)}`);
    await tx.execute(sql`insert into teams (id, department_id, name)
      select ${id('team', 'n')}, ${id('department', `1 + n % ${departments}`)}, 'team-' || n from ${n(teams)}`);
    await tx.execute(sql`insert into servers (name, site, cpu, ram_gb, performance_tier, status)
      select 'big-' || n, ${SITE}, 1000000000, 1000000000, 'regular', 'online' from ${n(fields)}`);
    await tx.execute(sql`insert into field_server_allocations (field_id, server_id)
      select ${id('field', 'substr(name, 5)::int')}, id from servers`);
    await tx.execute(sql`insert into department_quota_allocations (department_id, site, cpu_limit, ram_gb_limit)
      select id, ${SITE}, 900000000, 900000000 from departments`);
    await tx.execute(sql`insert into team_quota_allocations (team_id, site, cpu_limit, ram_gb_limit)
      select id, ${SITE}, 100000000, 100000000 from teams`);
  });
  await db.execute(sql`analyze`);
}

/** The directory's people and groups: one center admin, and a lead for each of so many teams. */
export const directoryOf = (leads: number) => ({
  people: [ADMIN, ...Array.from({ length: leads }, (_, i) => leadOf(i + 1))],
  groups: [
    { cn: 'infrahub-center-admins', members: [ADMIN.username] },
    ...Array.from({ length: leads }, (_, i) => ({
      cn: `infrahub-team-leads-${idOf('team', i + 1)}`,
      members: [leadOf(i + 1).username],
    })),
  ],
});

/** Tokens as a sign-in gives them, each of a session of its own, without asking the directory 200 times. */
export async function tokensFor(db: Db, secret: string, teams: number[]): Promise<string[]> {
  const tokens = await createTokens({
    secrets: [secret],
    issuer: 'infrahub',
    audience: 'infrahub-api',
    clock: systemClock,
  });
  const sign = async (team: number) => {
    const sessionId = randomUUID();
    const { username } = leadOf(team);
    const endsAt = new Date(systemClock.now().getTime() + 8 * 3_600_000).toISOString();
    await db.execute(sql`insert into sessions (id, subject, ends_at) values (${sessionId}, ${username}, ${endsAt})`);
    const grants = [{ role: 'team_lead' as const, scope_id: idOf('team', team) }];
    return (await tokens.sign({ sub: username, sessionId, grants }, endsAt)).token;
  };
  return Promise.all(teams.map(sign));
}

const signedIn = z.object({ access_token: z.string() });

/** The token of the center admin, who signs in through the directory. */
export const tokenOfAdmin = async (world: { url: string }): Promise<string> =>
  signedIn.parse(await call(world, 'auth.login', { body: ADMIN })).access_token;
