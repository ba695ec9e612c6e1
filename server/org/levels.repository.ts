import { and, eq, inArray, ne, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { z } from 'zod';
import {
  centers,
  departmentQuotaAllocations,
  departments,
  fieldServerAllocations,
  fields,
  projects,
  teamQuotaAllocations,
  teams,
} from '../../db/schema/index.ts';
import type { Executor, Tx } from '../platform/database.ts';
import type { Place, Scope } from '../platform/policy.ts';
import type { Blocker } from './org.rules.ts';
import * as shape from './org.schema.ts';
import { findDepartmentPlace, findFieldPlace, findTeamPlace } from './place.repository.ts';

type Limits = { cpuLimit: number; ramGbLimit: number };

/**
 * What is particular to one level of the organisation; everything else is the same for all four. `N` is its node on the
 * wire, `K` the wire's name for the id of its parent (none for centers).
 */
export type Level<N, K extends string = string> = {
  noun: 'center' | 'field' | 'department' | 'team';
  table: PgTable;
  columns: { id: PgColumn; name: PgColumn; [parentId: string]: PgColumn };
  node: z.ZodType<N>;
  parent: { key: K; column: PgColumn; property: string; noun: string; findPlace: FindPlace } | undefined;
  findPlace: FindPlace;
  /** Whether a scope covers a node, as SQL over the unaliased table. */
  within(scope: Scope): SQL;
  /** What must be gone before a node is deleted. */
  holds(id: string): { what: Blocker['what']; table: PgTable; where: SQL | undefined }[];
  /** Locks the node's quotas, if its level has any, and answers their limits. */
  lockQuotas?(tx: Tx, id: string): Promise<Limits[]>;
  /** Deletes what goes with the node and would otherwise refuse it. */
  clear?(tx: Tx, id: string): Promise<unknown>;
};

export type FindPlace = (db: Executor, id: string) => Promise<Place | undefined>;

async function findCenterPlace(db: Executor, id: string): Promise<Place | undefined> {
  const [center] = await db.select({ id: centers.id }).from(centers).where(eq(centers.id, id));
  return center && {};
}

const ALL = sql`true`;

export const center: Level<z.infer<typeof shape.center>, never> = {
  noun: 'center',
  table: centers,
  columns: { id: centers.id, name: centers.name, created_at: centers.createdAt },
  node: shape.center,
  parent: undefined,
  findPlace: findCenterPlace,
  within: (scope) => (scope.everything ? ALL : sql`false`),
  holds: (id) => [{ what: 'fields', table: fields, where: eq(fields.centerId, id) }],
};

export const field: Level<z.infer<typeof shape.field>, 'center_id'> = {
  noun: 'field',
  table: fields,
  columns: { id: fields.id, name: fields.name, created_at: fields.createdAt, center_id: fields.centerId },
  node: shape.field,
  parent: {
    key: 'center_id',
    column: fields.centerId,
    property: 'centerId',
    noun: 'center',
    findPlace: findCenterPlace,
  },
  findPlace: findFieldPlace,
  within: (scope) => (scope.everything ? ALL : inArray(fields.id, scope.fieldIds)),
  holds: (id) => [
    { what: 'departments', table: departments, where: eq(departments.fieldId, id) },
    { what: 'servers', table: fieldServerAllocations, where: eq(fieldServerAllocations.fieldId, id) },
  ],
};

export const department: Level<z.infer<typeof shape.department>, 'field_id'> = {
  noun: 'department',
  table: departments,
  columns: {
    id: departments.id,
    name: departments.name,
    created_at: departments.createdAt,
    field_id: departments.fieldId,
  },
  node: shape.department,
  parent: {
    key: 'field_id',
    column: departments.fieldId,
    property: 'fieldId',
    noun: 'field',
    findPlace: findFieldPlace,
  },
  findPlace: findDepartmentPlace,
  within: (scope) =>
    scope.everything
      ? ALL
      : sql`(${inArray(departments.id, scope.departmentIds)} or ${inArray(departments.fieldId, scope.fieldIds)})`,
  holds: (id) => [{ what: 'teams', table: teams, where: eq(teams.departmentId, id) }],
  lockQuotas: (tx, id) =>
    tx
      .select({ cpuLimit: departmentQuotaAllocations.cpuLimit, ramGbLimit: departmentQuotaAllocations.ramGbLimit })
      .from(departmentQuotaAllocations)
      .where(eq(departmentQuotaAllocations.departmentId, id))
      .orderBy(departmentQuotaAllocations.id)
      .for('update'),
};

export const team: Level<z.infer<typeof shape.team>, 'department_id'> = {
  noun: 'team',
  table: teams,
  columns: { id: teams.id, name: teams.name, created_at: teams.createdAt, department_id: teams.departmentId },
  node: shape.team,
  parent: {
    key: 'department_id',
    column: teams.departmentId,
    property: 'departmentId',
    noun: 'department',
    findPlace: findDepartmentPlace,
  },
  findPlace: findTeamPlace,
  within: (scope) =>
    scope.everything
      ? ALL
      : sql`(${inArray(teams.id, scope.teamIds)} or ${inArray(teams.departmentId, scope.departmentIds)}
          or ${teams.departmentId} in (select id from departments where ${inArray(sql`field_id`, scope.fieldIds)}))`,
  holds: (id) => [
    {
      what: 'projects',
      table: projects,
      where: and(eq(projects.teamId, id), ne(projects.status, 'decommissioned')),
    },
  ],
  lockQuotas: (tx, id) =>
    tx
      .select({ cpuLimit: teamQuotaAllocations.cpuLimit, ramGbLimit: teamQuotaAllocations.ramGbLimit })
      .from(teamQuotaAllocations)
      .where(eq(teamQuotaAllocations.teamId, id))
      .orderBy(teamQuotaAllocations.id)
      .for('update'),
  clear: (tx, id) => tx.delete(projects).where(and(eq(projects.teamId, id), eq(projects.status, 'decommissioned'))),
};
