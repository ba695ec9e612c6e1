import { and, desc, eq, isNotNull, ne, notInArray, sql } from 'drizzle-orm';
import { projectOperations as operations, projects, syncRuns, teams } from '../../db/schema/index.ts';
import { team } from '../org/levels.repository.ts';
import type { Executor } from '../platform/database.ts';
import type { Scope } from '../platform/policy.ts';
import { lastGoodSync } from './last-sync.repository.ts';
import type { Waiting } from './reports.schema.ts';

/**
 * What outside keeps projects in the scope waiting, most projects first. That Argo CD is busy with another operation is
 * left out: that is over soon, and nobody's task.
 */
export async function listWaiting(db: Executor, scope: Scope): Promise<Waiting[]> {
  const rows = await db
    .select({
      waiting_for: operations.waitingFor,
      reason: operations.waitingReason,
      since: sql`min(${operations.waitingSince})`.mapWith(operations.waitingSince),
      projects: sql`count(*)`.mapWith(Number),
      project_id: sql<string>`(array_agg(${operations.projectId} order by ${operations.waitingSince}))[1]`,
    })
    .from(operations)
    .innerJoin(projects, eq(projects.id, operations.projectId))
    .innerJoin(teams, eq(teams.id, projects.teamId))
    .where(
      and(
        notInArray(operations.state, ['succeeded', 'failed']),
        isNotNull(operations.waitingFor),
        ne(operations.waitingFor, 'operation'),
        team.within(scope),
      ),
    )
    .groupBy(operations.waitingFor, operations.waitingReason)
    .orderBy(desc(sql`count(*)`), operations.waitingFor);
  return rows.flatMap(({ waiting_for, reason, ...row }) =>
    waiting_for && waiting_for !== 'operation' ? [{ ...row, waiting_for, reason: reason ?? '' }] : [],
  );
}

/** A sync that was missed now and then is nothing; after two hours somebody should know. `alerts.yaml` says the same. */
const UNREAD_AFTER = sql`interval '2 hours'`;

/** When the inventory was last read and applied, if that is too long ago; before the first time, when it was first tried. */
export async function inventoryUnreadSince(db: Executor): Promise<string | null> {
  const since = sql`coalesce(${lastGoodSync}, (select min(started_at) from ${syncRuns}))`;
  const [row] = await db
    .select({ since: sql<string>`since`.mapWith(syncRuns.startedAt) })
    .from(sql`(select ${since} as since) last`)
    .where(sql`since < now() - ${UNREAD_AFTER}`);
  return row?.since ?? null;
}
