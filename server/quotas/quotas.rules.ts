import { amountOf, RESOURCES, type Resource, type Resources } from '../allocations/allocations.rules.ts';
import type { Shortage } from '../platform/errors.ts';
import type { SetQuota } from './quotas.schema.ts';

/** What a quota gives and how much of it its children or projects hold. */
export type Budget = { limit: Resources; held: Resources };

export const NO_BUDGET: Budget = { limit: { cpu: 0, ramGb: 0 }, held: { cpu: 0, ramGb: 0 } };

/** The limit that is asked for. */
export const limitOf = ({ cpu_limit, ram_gb_limit }: SetQuota): Resources => ({ cpu: cpu_limit, ramGb: ram_gb_limit });

/** What is left of a quota, never below 0. */
export const leftOf = ({ limit, held }: Budget): Resources => ({
  cpu: Math.max(0, limit.cpu - held.cpu),
  ramGb: Math.max(0, limit.ramGb - held.ramGb),
});

/** A limit that is to change, and the numbers above and below it that bound the change. */
export type LimitChange = {
  from: Budget;
  to: Resources;
  /** What the parent can still give. */
  parentFree: Resources;
  /** By how much the field's grants exceed what is there now. */
  deficit: Resources;
};

/** A shortage at a site that the reader knows. */
export type ShortageHere = Omit<Shortage, 'site'>;

/** Every resource that is short, each judged alone: one may be raised while the other is lowered. Empty if it fits. */
export function limitShortages({ from, to, parentFree, deficit }: LimitChange): ShortageHere[] {
  return RESOURCES.flatMap((resource): ShortageHere[] => {
    const [before, after] = [amountOf(from.limit, resource), amountOf(to, resource)];
    const [free, missing] = [amountOf(parentFree, resource), amountOf(deficit, resource)];
    const change = { resource, before, after, requested: Math.abs(after - before) };
    if (after > before && missing > 0) return [{ ...change, free: 0, short: missing, reason: 'deficit' }];
    if (after > before + free) return [{ ...change, free, short: after - before - free, reason: 'parent' }];
    const lowest = Math.min(before, amountOf(from.held, resource));
    if (after < lowest) return [{ ...change, free: before - lowest, short: lowest - after, reason: 'held' }];
    return [];
  });
}

/** Every resource of which a change of usage takes more than is left of the quota. Giving back always fits. */
export function usageShortages(quota: Budget, change: Resources): ShortageHere[] {
  return RESOURCES.flatMap((resource): ShortageHere[] => {
    const requested = amountOf(change, resource);
    const free = amountOf(leftOf(quota), resource);
    if (requested <= 0 || requested <= free) return [];
    const before = amountOf(quota.held, resource);
    return [
      { resource, requested, before, after: before + requested, free, short: requested - free, reason: 'parent' },
    ];
  });
}

/** One resource of a quota before and after a change of usage; a negative `free_after` is what is missing. */
type Effect = { limit: number; used_before: number; used_after: number; free_after: number };
export type UsageEffect = Record<Resource, Effect>;

/** What a change of usage would do to a quota, whether it fits or not. */
export function usageEffect(quota: Budget, change: Resources): UsageEffect {
  const effect = (resource: Resource): Effect => {
    const [limit, used] = [amountOf(quota.limit, resource), amountOf(quota.held, resource)];
    const after = used + amountOf(change, resource);
    return { limit, used_before: used, used_after: after, free_after: limit - after };
  };
  return { cpu: effect('cpu'), ram_gb: effect('ram_gb') };
}

/** A usage counter beside what it should be, by each of its two sources. */
export type Recount = { counter: Resources; ledger: Resources; projects: Resources; limit: Resources };

/** The resources in which a counter, its ledger and its projects do not say the same. */
export const mismatchesOf = ({ counter, ledger, projects }: Recount): Resource[] =>
  RESOURCES.filter((resource) => {
    const amount = amountOf(counter, resource);
    return amount !== amountOf(ledger, resource) || amount !== amountOf(projects, resource);
  });

/** Whether setting the counter to its ledger's sum would change it, and is possible: within 0 and the limit. */
export const isRepairable = ({ counter, ledger, limit }: Recount): boolean =>
  RESOURCES.some((resource) => amountOf(counter, resource) !== amountOf(ledger, resource)) &&
  RESOURCES.every((resource) => {
    const sum = amountOf(ledger, resource);
    return 0 <= sum && sum <= amountOf(limit, resource);
  });
