import type { Resources } from '../allocations/allocations.rules.ts';
import { type DepartmentPlace, findDepartmentPlace, findTeamPlace, type TeamPlace } from '../org/place.repository.ts';
import type { Executor } from '../platform/database.ts';
import { NotFoundError } from '../platform/errors.ts';
import { authorize, type Caller, type Permission } from '../platform/policy.ts';
import type { SetQuota } from './quotas.schema.ts';

/** The department, for a caller who may do this there. @throws NotFoundError, ForbiddenError */
export async function enterDepartment(
  db: Executor,
  caller: Caller,
  permission: Permission,
  id: string,
): Promise<DepartmentPlace> {
  const place = await findDepartmentPlace(db, id);
  if (!place) throw new NotFoundError('department', id);
  authorize(caller, permission, place);
  return place;
}

/** The team, for a caller who may do this there. @throws NotFoundError, ForbiddenError */
export async function enterTeam(db: Executor, caller: Caller, permission: Permission, id: string): Promise<TeamPlace> {
  const place = await findTeamPlace(db, id);
  if (!place) throw new NotFoundError('team', id);
  authorize(caller, permission, place);
  return place;
}

export const limitOf = ({ cpu_limit, ram_gb_limit }: SetQuota): Resources => ({ cpu: cpu_limit, ramGb: ram_gb_limit });
