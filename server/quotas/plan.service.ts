import type { AllocationsService } from '../allocations/allocations.service.ts';
import { enterDepartment, enterTeam } from '../org/enter.ts';
import type { DepartmentPlace, TeamPlace } from '../org/place.repository.ts';
import type { Db, Tx } from '../platform/database.ts';
import type { Caller } from '../platform/policy.ts';
import { listShares } from './plan.repository.ts';
import { planLimit } from './plan.rules.ts';
import type { QuotaPlan } from './plan.schema.ts';
import { findDepartmentBudget, findTeamBudget } from './quotas.repository.ts';
import { limitOf, NO_BUDGET } from './quotas.rules.ts';
import type { SetQuota } from './quotas.schema.ts';
import { judgeDepartmentLimit, judgeTeamLimit, type Refusal } from './refusals.rules.ts';

/** What setting a limit would do now, judged as setting it is. Locks nothing and changes nothing. */
export function createPlanService({ db, allocations }: { db: Db; allocations: AllocationsService }) {
  /** Reads everything as of one moment, so that the numbers add up. */
  const look = <T>(read: (tx: Tx) => Promise<T>): Promise<T> =>
    db.transaction(read, { isolationLevel: 'repeatable read', accessMode: 'read only' });

  return {
    /** What `setDepartment` would do. @throws NotFoundError, ForbiddenError as that does */
    async planDepartment(caller: Caller, input: SetQuota): Promise<QuotaPlan> {
      const { site } = input;
      const to = limitOf(input);
      return look(async (tx) => {
        const place = await enterDepartment(tx, caller, 'department_quotas.set', input.id);
        await allocations.enterSite(tx, site);
        const field = await allocations.fieldBudget(tx, place.fieldId, site);
        const from = (await findDepartmentBudget(tx, place.departmentId, site)) ?? NO_BUDGET;
        const refusal = judgeDepartmentLimit({ ...place, site }, { from, to, field });
        const ends = { node: departmentAt(place), parent: fieldAt(place) };
        return { ...verdict(site, refusal), ...planLimit(await listShares(tx, ends.parent, site), ends, to) };
      });
    },

    /** What `setTeam` would do. @throws NotFoundError, ForbiddenError as that does */
    async planTeam(caller: Caller, input: SetQuota): Promise<QuotaPlan> {
      const { site } = input;
      const to = limitOf(input);
      return look(async (tx) => {
        const place = await enterTeam(tx, caller, 'team_quotas.set', input.id);
        await allocations.enterSite(tx, site);
        const department = (await findDepartmentBudget(tx, place.departmentId, site)) ?? NO_BUDGET;
        const from = (await findTeamBudget(tx, place.teamId, site)) ?? NO_BUDGET;
        const field = await allocations.fieldBudget(tx, place.fieldId, site);
        const refusal = judgeTeamLimit({ ...place, site }, { from, to, department, field });
        const ends = { node: teamAt(place), parent: departmentAt(place) };
        return { ...verdict(site, refusal), ...planLimit(await listShares(tx, ends.parent, site), ends, to) };
      });
    },
  };
}

const verdict = (site: string, refusal: Refusal | undefined) => ({
  site,
  allowed: refusal === undefined,
  refusal: refusal ? { code: 'QUOTA_EXCEEDED' as const, ...refusal } : null,
});

const fieldAt = (place: DepartmentPlace) => ({ level: 'field' as const, id: place.fieldId, name: place.fieldName });
const departmentAt = (place: DepartmentPlace) => ({
  level: 'department' as const,
  id: place.departmentId,
  name: place.departmentName,
});
const teamAt = (place: TeamPlace) => ({ level: 'team' as const, id: place.teamId, name: place.teamName });
