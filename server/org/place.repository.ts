import { eq, sql } from 'drizzle-orm';
import { centers, departments, fields, teams } from '../../db/schema/index.ts';
import type { Executor } from '../platform/database.ts';
import type { Place } from '../platform/policy.ts';

/** Where a node lies, with the names on the way, for policy, audit and messages. Any room may read it. */
export type FieldPlace = Place & { fieldId: string; fieldName: string; centerId: string; centerName: string };
export type DepartmentPlace = FieldPlace & { departmentId: string; departmentName: string };
export type TeamPlace = DepartmentPlace & { teamId: string; teamName: string };

const fieldColumns = { fieldId: fields.id, fieldName: fields.name, centerId: centers.id, centerName: centers.name };
const departmentColumns = { ...fieldColumns, departmentId: departments.id, departmentName: departments.name };
const teamColumns = { ...departmentColumns, teamId: teams.id, teamName: teams.name };

/** Undefined if there is no such field. */
export async function findFieldPlace(db: Executor, fieldId: string): Promise<FieldPlace | undefined> {
  const [place] = await db
    .select(fieldColumns)
    .from(fields)
    .innerJoin(centers, eq(centers.id, fields.centerId))
    .where(eq(fields.id, fieldId));
  return place;
}

/** Undefined if there is no such department. */
export async function findDepartmentPlace(db: Executor, departmentId: string): Promise<DepartmentPlace | undefined> {
  const [place] = await db
    .select(departmentColumns)
    .from(departments)
    .innerJoin(fields, eq(fields.id, departments.fieldId))
    .innerJoin(centers, eq(centers.id, fields.centerId))
    .where(eq(departments.id, departmentId));
  return place;
}

/** Undefined if there is no such team. */
export async function findTeamPlace(db: Executor, teamId: string): Promise<TeamPlace | undefined> {
  const [place] = await findTeamPlaces(db, [teamId]);
  return place;
}

/** Those of these teams that are there. */
export function findTeamPlaces(db: Executor, teamIds: string[]): Promise<TeamPlace[]> {
  return db
    .select(teamColumns)
    .from(teams)
    .innerJoin(departments, eq(departments.id, teams.departmentId))
    .innerJoin(fields, eq(fields.id, departments.fieldId))
    .innerJoin(centers, eq(centers.id, fields.centerId))
    .where(eq(teams.id, sql`any(${sql.param(teamIds)}::uuid[])`))
    .prepare('team_places')
    .execute();
}
