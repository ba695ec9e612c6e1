import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  departments,
  HOLDING_QUOTA,
  projects,
  quotaLedger,
  teamQuotaAllocations as teamQuotas,
  teams,
} from '../../db/schema/index.ts';
import { type Executor, executePrepared, orZero, type Tx } from '../platform/database.ts';
import { keyset } from '../platform/paging.ts';
import type { Page } from '../platform/schema.ts';
import type { Recount } from './quotas.rules.ts';
import type { ExplainInput, LedgerEntry } from './quotas.schema.ts';

/** One change of a team's usage, by one operation on one project. Signed: positive takes, negative gives back. */
export type UsageChange = {
  teamId: string;
  site: string;
  projectId: string;
  operationId: string;
  kind: 'reserve' | 'adjust' | 'release';
  cpu: number;
  ramGb: number;
};

/** The same, with the quota whose usage it is. */
export type QuotaChange = UsageChange & { teamQuotaId: string };

const written = z.tuple([z.object({ changes: z.number() })]);

/**
 * Writes changes of usage down, in one statement, and answers how many of them their operations had not made before. Adds
 * to the counters, never sets: if a lock is ever forgotten, the CHECK constraint still refuses the overdraft.
 */
export async function insertUsage(tx: Tx, changes: QuotaChange[]): Promise<number> {
  const given = (pick: (change: QuotaChange) => string | number) => sql.param(changes.map(pick));
  const { rows } = await executePrepared(
    tx,
    'insert_usage',
    sql`
    with entered as (
      insert into ${quotaLedger} (team_quota_id, project_id, operation_id, kind, cpu, ram_gb)
      select * from unnest(
        ${given((c) => c.teamQuotaId)}::uuid[], ${given((c) => c.projectId)}::uuid[],
        ${given((c) => c.operationId)}::uuid[], ${given((c) => c.kind)}::text[],
        ${given((c) => c.cpu)}::int[], ${given((c) => c.ramGb)}::int[])
      on conflict (operation_id, kind) do nothing
      returning team_quota_id, cpu, ram_gb
    ), sum as (
      select team_quota_id, sum(cpu) as cpu, sum(ram_gb) as ram_gb, count(*) as changes from entered group by team_quota_id
    ), added as (
      update ${teamQuotas} q set cpu_used = q.cpu_used + sum.cpu, ram_gb_used = q.ram_gb_used + sum.ram_gb,
        updated_at = now()
      from sum where q.id = sum.team_quota_id
    )
    select coalesce(sum(changes), 0)::int as changes from sum`,
  );
  return written.parse(rows)[0].changes;
}

/** Whether this operation has made a change of this kind before. */
export async function hasLedgerEntry(db: Executor, { operationId, kind }: UsageChange): Promise<boolean> {
  const rows = await db
    .select({ id: quotaLedger.id })
    .from(quotaLedger)
    .where(and(eq(quotaLedger.operationId, operationId), eq(quotaLedger.kind, kind)));
  return rows.length > 0;
}

/** The entries of one team's quota, oldest first unless asked otherwise. */
export async function listLedger(db: Executor, teamQuotaId: string, input: ExplainInput): Promise<Page<LedgerEntry>> {
  const page = keyset({
    sort: 'at',
    column: quotaLedger.at,
    idColumn: quotaLedger.id,
    direction: input.direction ?? 'asc',
    cursor: input.cursor,
    limit: input.limit,
  });
  const rows = await db
    .select({
      id: quotaLedger.id,
      project_id: quotaLedger.projectId,
      project_name: projects.name,
      operation_id: quotaLedger.operationId,
      kind: quotaLedger.kind,
      cpu: quotaLedger.cpu,
      ram_gb: quotaLedger.ramGb,
      at: quotaLedger.at,
    })
    .from(quotaLedger)
    .leftJoin(projects, eq(projects.id, quotaLedger.projectId))
    .where(and(eq(quotaLedger.teamQuotaId, teamQuotaId), page.where))
    .orderBy(...page.orderBy)
    .limit(page.fetch);
  return page.page(rows, (row) => row.at);
}

/** What all entries of one team's quota add up to. */
export async function sumLedger(db: Executor, teamQuotaId: string) {
  const [sum] = await db
    .select({
      cpu: orZero(sql`sum(${quotaLedger.cpu})`),
      ramGb: orZero(sql`sum(${quotaLedger.ramGb})`),
    })
    .from(quotaLedger)
    .where(eq(quotaLedger.teamQuotaId, teamQuotaId));
  return sum ?? { cpu: 0, ramGb: 0 };
}

export type CounterRecount = Recount & {
  id: string;
  site: string;
  teamId: string;
  teamName: string;
  departmentId: string;
  fieldId: string;
};

/** Counts every usage counter again, or only these quotas', from the ledger and from the projects, in one snapshot. */
export function recountUsage(db: Executor, teamQuotaIds?: string[]): Promise<CounterRecount[]> {
  const ledger = db
    .select({
      teamQuotaId: quotaLedger.teamQuotaId,
      cpu: sql`sum(${quotaLedger.cpu})`.mapWith(Number).as('cpu_ledger'),
      ramGb: sql`sum(${quotaLedger.ramGb})`.mapWith(Number).as('ram_gb_ledger'),
    })
    .from(quotaLedger)
    .where(teamQuotaIds && inArray(quotaLedger.teamQuotaId, teamQuotaIds))
    .groupBy(quotaLedger.teamQuotaId)
    .as('ledger');
  const held = db
    .select({
      teamId: projects.teamId,
      site: projects.site,
      cpu: sql`sum(${projects.cpu})`.mapWith(Number).as('cpu_projects'),
      ramGb: sql`sum(${projects.ramGb})`.mapWith(Number).as('ram_gb_projects'),
    })
    .from(projects)
    .where(inArray(projects.status, [...HOLDING_QUOTA]))
    .groupBy(projects.teamId, projects.site)
    .as('held');
  return db
    .select({
      id: teamQuotas.id,
      site: teamQuotas.site,
      teamId: teams.id,
      teamName: teams.name,
      departmentId: departments.id,
      fieldId: departments.fieldId,
      limit: { cpu: teamQuotas.cpuLimit, ramGb: teamQuotas.ramGbLimit },
      counter: { cpu: teamQuotas.cpuUsed, ramGb: teamQuotas.ramGbUsed },
      ledger: { cpu: orZero(ledger.cpu), ramGb: orZero(ledger.ramGb) },
      projects: { cpu: orZero(held.cpu), ramGb: orZero(held.ramGb) },
    })
    .from(teamQuotas)
    .innerJoin(teams, eq(teams.id, teamQuotas.teamId))
    .innerJoin(departments, eq(departments.id, teams.departmentId))
    .leftJoin(ledger, eq(ledger.teamQuotaId, teamQuotas.id))
    .leftJoin(held, and(eq(held.teamId, teamQuotas.teamId), eq(held.site, teamQuotas.site)))
    .where(teamQuotaIds && inArray(teamQuotas.id, teamQuotaIds))
    .orderBy(asc(teams.name), asc(teamQuotas.site));
}

/** Locks these quotas, in id order as everyone who locks siblings does. */
export async function lockTeamQuotas(tx: Tx, ids: string[]): Promise<void> {
  await tx
    .select({ id: teamQuotas.id })
    .from(teamQuotas)
    .where(inArray(teamQuotas.id, ids))
    .orderBy(asc(teamQuotas.id))
    .for('no key update');
}

/** The one place that sets a counter: to its ledger's sum, after drift, under the lock. */
export async function setUsage(tx: Tx, { id, ledger }: CounterRecount): Promise<void> {
  await tx
    .update(teamQuotas)
    .set({ cpuUsed: ledger.cpu, ramGbUsed: ledger.ramGb, updatedAt: sql`now()` })
    .where(eq(teamQuotas.id, id));
}
