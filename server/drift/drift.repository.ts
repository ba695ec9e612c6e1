import { and, asc, desc, eq, inArray, lt, ne, notInArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { driftChecks, driftMends, projects, servers, teamQuotaAllocations } from '../../db/schema/index.ts';
import type { Executor, Tx } from '../platform/database.ts';
import { type Difference, difference, finding, type Unreadable, unreadable } from './drift.schema.ts';

const CHECKS_KEPT = 50;
/** Of very many differences only so many are kept with a check; all of them are counted. */
const FINDINGS_KEPT = 1_000;

/** The database's clock. */
export async function readNow(db: Executor): Promise<string> {
  const now = sql`select to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`;
  const { rows } = await db.execute(now);
  return z.tuple([z.object({ now: z.string() })]).parse(rows)[0].now;
}

const isMoving = sql<boolean>`(
  projects.status in ('provisioning', 'rolling_back', 'decommissioning') or exists (
    select from project_operations o where o.project_id = projects.id and o.state not in ('succeeded', 'failed')))`;

/** Of each namespace the project that has it, or had it last. */
export async function readProjects(db: Executor) {
  const rows = await db
    .selectDistinctOn([projects.namespaceName], {
      id: projects.id,
      teamId: projects.teamId,
      name: projects.name,
      namespace: projects.namespaceName,
      site: projects.site,
      sla: projects.slaType,
      tier: projects.performanceTier,
      cpu: projects.cpu,
      ramGb: projects.ramGb,
      status: projects.status,
      updatedAt: projects.updatedAt,
      isMoving,
    })
    .from(projects)
    .orderBy(projects.namespaceName, sql`${projects.status} = 'decommissioned'`, desc(projects.createdAt));
  return new Map(rows.map((row) => [row.namespace, row]));
}

/** Every site that anything is known of. */
export async function listSites(db: Executor): Promise<string[]> {
  const all = db
    .select({ site: projects.site })
    .from(projects)
    .union(db.select({ site: teamQuotaAllocations.site }).from(teamQuotaAllocations))
    .union(db.select({ site: servers.site }).from(servers));
  return (await all).map((row) => row.site).sort();
}

const checkShape = z.object({
  checkedAt: z.string(),
  ageSeconds: z.number(),
  total: z.number(),
  findings: z.array(finding),
  unreadable: z.array(unreadable),
});
export type StoredCheck = z.infer<typeof checkShape>;

/** A check that another version wrote, with what is not known here, counts for none. */
export async function findLatestCheck(db: Executor): Promise<StoredCheck | undefined> {
  const [row] = await db
    .select({
      checkedAt: driftChecks.checkedAt,
      ageSeconds: sql`floor(extract(epoch from now() - ${driftChecks.checkedAt}))`.mapWith(Number),
      total: driftChecks.total,
      findings: driftChecks.findings,
      unreadable: driftChecks.unreadable,
    })
    .from(driftChecks)
    .orderBy(desc(driftChecks.checkedAt))
    .limit(1);
  return checkShape.safeParse(row).data;
}

/** What the latest check could not read. */
export async function findUnreadable(db: Executor): Promise<Unreadable[]> {
  const [row] = await db
    .select({ found: driftChecks.unreadable })
    .from(driftChecks)
    .orderBy(desc(driftChecks.checkedAt))
    .limit(1);
  return z.array(unreadable).parse(row?.found ?? []);
}

type NewCheck = { checkedAt: string; differences: Difference[]; unreadable: Unreadable[] };

/**
 * Keeps a check, with since when each difference is there, and forgets the oldest ones. What was done about differences
 * before it began it has seen, so that is forgotten as well.
 */
export async function storeCheck(tx: Tx, { checkedAt, differences, unreadable }: NewCheck): Promise<void> {
  const before = await findLatestCheck(tx);
  const since = new Map(before?.findings.map((found) => [found.id, found.since]));
  const kept = differences.slice(0, FINDINGS_KEPT);
  const findings = kept.map((found) => ({ ...found, since: since.get(found.id) ?? checkedAt }));
  await tx.insert(driftChecks).values({ checkedAt, total: differences.length, findings, unreadable });
  const latest = tx
    .select({ id: driftChecks.id })
    .from(driftChecks)
    .orderBy(desc(driftChecks.checkedAt))
    .limit(CHECKS_KEPT);
  await tx.delete(driftChecks).where(notInArray(driftChecks.id, latest));
  await tx.delete(driftMends).where(and(eq(driftMends.state, 'done'), lt(driftMends.updatedAt, checkedAt)));
}

export type MendState = (typeof driftMends.$inferSelect)['state'];
export type Mend = Omit<typeof driftMends.$inferSelect, 'finding'> & { finding: Difference };

/** What somebody has asked to be mended and no check has seen since, the oldest first. */
export async function listMends(db: Executor): Promise<Mend[]> {
  const rows = await db.select().from(driftMends).orderBy(asc(driftMends.createdAt), asc(driftMends.findingId));
  return rows.flatMap((row) => {
    const { data: finding } = difference.safeParse(row.finding);
    return finding ? [{ ...row, finding }] : [];
  });
}

/** Undefined when this difference is being mended already. */
export async function insertMend(
  tx: Tx,
  mend: Pick<Mend, 'finding' | 'state' | 'requestedBy' | 'requestId'>,
): Promise<Mend | undefined> {
  const [row] = await tx
    .insert(driftMends)
    .values({ ...mend, findingId: mend.finding.id })
    .onConflictDoNothing()
    .returning();
  return row && { ...row, finding: mend.finding };
}

/** Takes mends on to a state; whatever kept them from it is over. */
export async function advanceMends(db: Executor, findingIds: string[], state: MendState): Promise<void> {
  await db
    .update(driftMends)
    .set({ state, waiting: null, updatedAt: sql`now()` })
    .where(inArray(driftMends.findingId, findingIds));
}

/** Notes what keeps mends from going on. */
export async function keepMendsWaiting(db: Executor, findingIds: string[], waiting: string): Promise<void> {
  await db
    .update(driftMends)
    .set({ waiting, updatedAt: sql`now()` })
    .where(and(inArray(driftMends.findingId, findingIds), ne(driftMends.state, 'done')));
}
