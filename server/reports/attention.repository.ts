import { and, desc, eq, isNotNull, ne, notInArray, sql } from 'drizzle-orm';
import { projectOperations as operations, projects, teams } from '../../db/schema/index.ts';
import { team } from '../org/levels.repository.ts';
import type { Executor } from '../platform/database.ts';
import type { Scope } from '../platform/policy.ts';
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
