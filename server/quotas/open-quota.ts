import type { Resources } from '../allocations/allocations.rules.ts';
import { findTeamPlace } from '../org/place.repository.ts';
import type { Executor, Tx } from '../platform/database.ts';
import { NotFoundError, QuotaExceededError } from '../platform/errors.ts';
import { insertUsage, type QuotaChange, type UsageChange } from './ledger.repository.ts';
import { findDepartmentBudget, type LockedBudget, lockTeamBudgets } from './quotas.repository.ts';
import { type Budget, leftOf, NO_BUDGET, type ShortageHere, usageShortages } from './quotas.rules.ts';
import { refusalOf, usageRefusal } from './refusals.rules.ts';

export type QuotaOf = { teamId: string; site: string };

/** A team's quota under its lock: each change is judged by what the ones before it took. */
export type OpenQuota = {
  /** Why so much more cannot be taken; undefined if it can. Giving back always can. */
  refusal(amount: Resources): Promise<QuotaExceededError | undefined>;
  /** Counts a change that is not refused. */
  take(change: UsageChange): void;
};

export type OpenQuotas = {
  /** Whether somebody else holds it. */
  isHeld(where: QuotaOf): boolean;
  /** One of those that were asked for; one that is not there gives nothing. */
  of(where: QuotaOf): OpenQuota;
  /** Writes what was counted to the ledger and the counters; answers how many changes were not there before. */
  write(): Promise<number>;
};

/**
 * Locks teams' quotas in the caller's transaction, to write all changes of them at once. Those that somebody else holds
 * are waited for or, unless `waits`, left to them.
 */
export async function openQuotas(tx: Tx, asked: QuotaOf[], { waits }: { waits: boolean }): Promise<OpenQuotas> {
  const locked = new Map((await lockTeamBudgets(tx, asked, { waits })).map((budget) => [keyOf(budget), budget]));
  const changes: QuotaChange[] = [];
  const quotas = new Map<string, OpenQuota>();
  return {
    isHeld: (where) => locked.get(keyOf(where))?.isHeld === true,
    of(where) {
      const key = keyOf(where);
      const quota = quotas.get(key) ?? openQuota(tx, where, locked.get(key)?.budget, changes);
      quotas.set(key, quota);
      return quota;
    },
    write: async () => (changes.length > 0 ? insertUsage(tx, changes) : 0),
  };
}

/** One of them, which notes its changes among those of all. */
function openQuota(
  tx: Tx,
  { teamId, site }: QuotaOf,
  budget: LockedBudget['budget'] | undefined,
  changes: QuotaChange[],
): OpenQuota {
  const { limit, held } = budget ?? NO_BUDGET;
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
      if (!budget) throw new NotFoundError('quota', `${teamId} at ${site}`);
      changes.push({ ...change, teamQuotaId: budget.id });
      used = { cpu: used.cpu + change.cpu, ramGb: used.ramGb + change.ramGb };
    },
  };
}

const keyOf = ({ teamId, site }: QuotaOf): string => `${teamId} ${site}`;

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
