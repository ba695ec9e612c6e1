import type { Resources } from '../allocations/allocations.rules.ts';
import { findTeamPlace } from '../org/place.repository.ts';
import type { Executor, Tx } from '../platform/database.ts';
import { NotFoundError, QuotaExceededError } from '../platform/errors.ts';
import { insertUsage, type UsageChange } from './ledger.repository.ts';
import { findDepartmentBudget, lockTeamBudget } from './quotas.repository.ts';
import { type Budget, leftOf, NO_BUDGET, type ShortageHere, usageShortages } from './quotas.rules.ts';
import { refusalOf, usageRefusal } from './refusals.rules.ts';

/** A team's quota under its lock: each change is judged by what the ones before it took, and all are written at once. */
export type OpenQuota = {
  /** Why so much more cannot be taken; undefined if it can. Giving back always can. */
  refusal(amount: Resources): Promise<QuotaExceededError | undefined>;
  /** Counts a change that is not refused. */
  take(change: UsageChange): void;
  /** Writes what was counted to the ledger and the counters; answers how many changes were not there before. */
  write(): Promise<number>;
};

/** Locks a team's quota at a site, in the caller's transaction. */
export async function openQuota(tx: Tx, teamId: string, site: string): Promise<OpenQuota> {
  const locked = await lockTeamBudget(tx, teamId, site);
  const { limit, held } = locked ?? NO_BUDGET;
  const changes: UsageChange[] = [];
  let used = held;
  let departmentFree: Promise<DepartmentFree> | undefined;
  return {
    async refusal(amount) {
      const shortages = usageShortages({ limit, held: used }, amount);
      if (shortages.length === 0) return undefined;
      departmentFree ??= freeOfDepartment(tx, teamId, site);
      return quotaExceeded(site, shortages, await departmentFree);
    },
    take(change) {
      changes.push(change);
      used = { cpu: used.cpu + change.cpu, ramGb: used.ramGb + change.ramGb };
    },
    async write() {
      if (changes.length === 0) return 0;
      if (!locked) throw new NotFoundError('quota', `${teamId} at ${site}`);
      return insertUsage(tx, locked.id, changes);
    },
  };
}

type DepartmentFree = { departmentName: string; free: Resources };

/** What the department could still give, for a refusal that says who can give more. @throws NotFoundError (team) */
export async function freeOfDepartment(db: Executor, teamId: string, site: string): Promise<DepartmentFree> {
  const place = await findTeamPlace(db, teamId);
  if (!place) throw new NotFoundError('team', teamId);
  const budget: Budget = (await findDepartmentBudget(db, place.departmentId, site)) ?? NO_BUDGET;
  return { departmentName: place.departmentName, free: leftOf(budget) };
}

/** Says which resources a team's quota is short of; undefined if of none. */
export function quotaExceeded(
  site: string,
  shortages: readonly ShortageHere[],
  { departmentName, free }: DepartmentFree,
): QuotaExceededError | undefined {
  const words = (shortage: ShortageHere) => usageRefusal({ site, departmentName }, shortage, free);
  const refusal = refusalOf(site, shortages, words);
  return refusal && new QuotaExceededError(refusal.message, refusal.shortages);
}
