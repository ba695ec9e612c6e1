import type { Executor } from '../platform/database.ts';
import { NotFoundError } from '../platform/errors.ts';
import { authorize, type Caller, type Permission, type Place } from '../platform/policy.ts';
import { findDepartmentPlace, findFieldPlace, findTeamPlace } from './place.repository.ts';

type Node = 'field' | 'department' | 'team';

/** A way into a node of the organisation, by its id, for a caller who may do this there. */
const entrance =
  <P extends Place>(node: Node, find: (db: Executor, id: string) => Promise<P | undefined>) =>
  async (db: Executor, caller: Caller, permission: Permission, id: string): Promise<P> => {
    const place = await find(db, id);
    if (!place) throw new NotFoundError(node, id);
    authorize(caller, permission, place);
    return place;
  };

/** The field, for a caller who may do this there. @throws NotFoundError, ForbiddenError */
export const enterField = entrance('field', findFieldPlace);

/** The department, for a caller who may do this there. @throws NotFoundError, ForbiddenError */
export const enterDepartment = entrance('department', findDepartmentPlace);

/** The team, for a caller who may do this there. @throws NotFoundError, ForbiddenError */
export const enterTeam = entrance('team', findTeamPlace);
