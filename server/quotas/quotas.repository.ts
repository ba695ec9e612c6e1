import { and, asc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  departmentQuotaAllocations as departmentQuotas,
  teamQuotaAllocations as teamQuotas,
  teams,
} from '../../db/schema/index.ts';
import type { Resources } from '../allocations/allocations.rules.ts';
import { type Executor, executePrepared, orZero, type Tx } from '../platform/database.ts';
import type { Budget } from './quotas.rules.ts';

const departmentLimit = { cpu: departmentQuotas.cpuLimit, ramGb: departmentQuotas.ramGbLimit };
const teamLimit = { cpu: teamQuotas.cpuLimit, ramGb: teamQuotas.ramGbLimit };
const teamUsage = { cpu: teamQuotas.cpuUsed, ramGb: teamQuotas.ramGbUsed };

const ofDepartment = (departmentId: string, site: string) =>
  and(eq(departmentQuotas.departmentId, departmentId), eq(departmentQuotas.site, site));
const ofTeam = (teamId: string, site: string) => and(eq(teamQuotas.teamId, teamId), eq(teamQuotas.site, site));

/** What the teams of a department hold of its quota, by site. */
const heldByTeams = (db: Executor, departmentId: string) =>
  db
    .select({
      site: sql<string>`${teamQuotas.site}`.as('held_site'),
      cpu: sql`sum(${teamQuotas.cpuLimit})`.mapWith(Number).as('cpu_held'),
      ramGb: sql`sum(${teamQuotas.ramGbLimit})`.mapWith(Number).as('ram_gb_held'),
    })
    .from(teamQuotas)
    .innerJoin(teams, eq(teams.id, teamQuotas.teamId))
    .where(eq(teams.departmentId, departmentId))
    .groupBy(teamQuotas.site)
    .as('held');

async function sumTeamLimits(db: Executor, departmentId: string, site: string): Promise<Resources> {
  const held = heldByTeams(db, departmentId);
  const [sum] = await db.select({ cpu: held.cpu, ramGb: held.ramGb }).from(held).where(eq(held.site, site));
  return sum ?? { cpu: 0, ramGb: 0 };
}

/** A department's limit at a site, and what its teams hold of it. */
export type DepartmentBudget = Budget & { id: string; site: string };

const departmentRow = { id: departmentQuotas.id, site: departmentQuotas.site, limit: departmentLimit };

/** Undefined if the department has no quota at that site. */
export async function findDepartmentBudget(
  db: Executor,
  departmentId: string,
  site: string,
): Promise<DepartmentBudget | undefined> {
  const [row] = await db.select(departmentRow).from(departmentQuotas).where(ofDepartment(departmentId, site));
  return row && { ...row, held: await sumTeamLimits(db, departmentId, site) };
}

/**
 * The same, with the department's quota locked: the owner of invariant 2. The limit is that of the row that was locked,
 * and the sum is read by a statement of its own after it: what one statement sees, it saw before it waited.
 */
export async function lockDepartmentBudget(
  tx: Tx,
  departmentId: string,
  site: string,
): Promise<DepartmentBudget | undefined> {
  const [row] = await tx
    .select(departmentRow)
    .from(departmentQuotas)
    .where(ofDepartment(departmentId, site))
    .for('no key update');
  return row && { ...row, held: await sumTeamLimits(tx, departmentId, site) };
}

/** A team's limit at a site, and what its projects hold of it. */
export type TeamBudget = Budget & { id: string; site: string };

const teamRow = { id: teamQuotas.id, site: teamQuotas.site, limit: teamLimit, held: teamUsage };

/** Undefined if the team has no quota at that site. */
export async function findTeamBudget(db: Executor, teamId: string, site: string): Promise<TeamBudget | undefined> {
  const [row] = await db.select(teamRow).from(teamQuotas).where(ofTeam(teamId, site));
  return row;
}

/** The same, with the team's quota locked: the owner of invariant 3. */
export async function lockTeamBudget(tx: Tx, teamId: string, site: string): Promise<TeamBudget | undefined> {
  const [row] = await tx.select(teamRow).from(teamQuotas).where(ofTeam(teamId, site)).for('no key update');
  return row;
}

/**
 * The same of several, locked in the order of their ids, each after its team. Where somebody else holds one of those
 * locks it is waited for or, unless `waits`, left to them.
 */
export async function lockTeamBudgets(
  tx: Tx,
  asked: { teamId: string; site: string }[],
  { waits }: { waits: boolean },
): Promise<LockedBudget[]> {
  const unlessHeld = sql.raw(waits ? '' : 'skip locked');
  const { rows } = await executePrepared(
    tx,
    waits ? 'lock_team_budgets' : 'lock_free_team_budgets',
    sql`
    with asked as (
      select distinct * from unnest(
        ${sql.param(asked.map(({ teamId }) => teamId))}::uuid[], ${sql.param(asked.map(({ site }) => site))}::text[]
      ) as a(team_id, site)
    ), locked as (
      select q.* from asked join ${teamQuotas} q using (team_id, site) join ${teams} t on t.id = q.team_id
      order by q.id for key share of t ${unlessHeld} for no key update of q ${unlessHeld}
    )
    select asked.team_id as "teamId", asked.site,
      case when q.id is not null then json_build_object('id', q.id, 'site', q.site,
        'limit', json_build_object('cpu', q.cpu_limit, 'ramGb', q.ram_gb_limit),
        'held', json_build_object('cpu', q.cpu_used, 'ramGb', q.ram_gb_used)) end as budget,
      ${sql.raw(`${!waits}`)} and q.id is null and exists (
        select from ${teamQuotas} o where o.team_id = asked.team_id and o.site = asked.site) as "isHeld"
    from asked left join locked q using (team_id, site)`,
  );
  return lockedBudgets.parse(rows);
}

const amounts = z.object({ cpu: z.number(), ramGb: z.number() });
const lockedBudgets = z.array(
  z.object({
    teamId: z.string(),
    site: z.string(),
    /** Null where the team has no quota, or where somebody else holds it. */
    budget: z.object({ id: z.string(), site: z.string(), limit: amounts, held: amounts }).nullable(),
    isHeld: z.boolean(),
  }),
);
export type LockedBudget = z.output<typeof lockedBudgets>[number];

const nothing = { cpuLimit: 0, ramGbLimit: 0 };

/** Makes sure that there is a row to lock. A limit of 0 is what no row means, so nothing changes by it. */
export async function ensureDepartmentQuota(tx: Tx, departmentId: string, site: string): Promise<void> {
  await tx
    .insert(departmentQuotas)
    .values({ departmentId, site, ...nothing })
    .onConflictDoNothing();
}

/** Makes sure that there is a row to lock. A limit of 0 is what no row means, so nothing changes by it. */
export async function ensureTeamQuota(tx: Tx, teamId: string, site: string): Promise<void> {
  await tx
    .insert(teamQuotas)
    .values({ teamId, site, ...nothing })
    .onConflictDoNothing();
}

/** The caller holds the locks of the department's quota and of its parent. */
export async function setDepartmentLimit(tx: Tx, id: string, { cpu, ramGb }: Resources): Promise<void> {
  await tx
    .update(departmentQuotas)
    .set({ cpuLimit: cpu, ramGbLimit: ramGb, updatedAt: sql`now()` })
    .where(eq(departmentQuotas.id, id));
}

/** The caller holds the locks of the team's quota and of its parent. */
export async function setTeamLimit(tx: Tx, id: string, { cpu, ramGb }: Resources): Promise<void> {
  await tx
    .update(teamQuotas)
    .set({ cpuLimit: cpu, ramGbLimit: ramGb, updatedAt: sql`now()` })
    .where(eq(teamQuotas.id, id));
}

/** A department's quotas, each with what its teams hold of it. */
export function listDepartmentBudgets(db: Executor, departmentId: string): Promise<DepartmentBudget[]> {
  const held = heldByTeams(db, departmentId);
  return db
    .select({
      ...departmentRow,
      held: { cpu: orZero(held.cpu), ramGb: orZero(held.ramGb) },
    })
    .from(departmentQuotas)
    .leftJoin(held, eq(held.site, departmentQuotas.site))
    .where(eq(departmentQuotas.departmentId, departmentId))
    .orderBy(asc(departmentQuotas.site));
}

/** A team's quotas, each with its department's. */
export function listTeamBudgets(
  db: Executor,
  departmentId: string,
  teamId: string,
): Promise<(TeamBudget & { parentLimit: Resources; parentHeld: Resources })[]> {
  const held = heldByTeams(db, departmentId);
  return db
    .select({
      ...teamRow,
      parentLimit: { cpu: orZero(departmentQuotas.cpuLimit), ramGb: orZero(departmentQuotas.ramGbLimit) },
      parentHeld: { cpu: orZero(held.cpu), ramGb: orZero(held.ramGb) },
    })
    .from(teamQuotas)
    .leftJoin(
      departmentQuotas,
      and(eq(departmentQuotas.departmentId, departmentId), eq(departmentQuotas.site, teamQuotas.site)),
    )
    .leftJoin(held, eq(held.site, teamQuotas.site))
    .where(eq(teamQuotas.teamId, teamId))
    .orderBy(asc(teamQuotas.site));
}
