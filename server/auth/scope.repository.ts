import { inArray, sql } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/pg-core';
import { departments, fields, teams } from '../../db/schema/index.ts';
import type { Executor } from '../platform/database.ts';
import type { Grant, Role } from '../platform/policy.ts';

export type ScopeName = { role: Role; id: string; name: string };

/** The names of the fields, departments and teams that the grants point to, in one query. What is missing does not exist. */
export async function findScopeNames(db: Executor, grants: readonly Grant[]): Promise<ScopeName[]> {
  if (grants.every(({ scope_id }) => scope_id === null)) return [];
  const idsOf = (role: Role) => grants.flatMap((grant) => (grant.role === role ? (grant.scope_id ?? []) : []));
  const named = (role: Role, table: typeof fields | typeof departments | typeof teams) =>
    db
      .select({ role: sql<Role>`${role}::text`.as('role'), id: table.id, name: table.name })
      .from(table)
      .where(inArray(table.id, idsOf(role)));
  return unionAll(named('field_admin', fields), named('dept_admin', departments), named('team_lead', teams));
}
