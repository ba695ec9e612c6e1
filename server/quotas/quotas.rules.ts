import {
  amountOf,
  deficitOf,
  type FieldBudget,
  freeOf,
  quantity,
  RESOURCES,
  type Resource,
  type Resources,
} from '../allocations/allocations.rules.ts';
import type { Shortage } from '../platform/errors.ts';

/** What a quota gives and how much of it its children or projects hold. */
export type Budget = { limit: Resources; held: Resources };

export const NO_BUDGET: Budget = { limit: { cpu: 0, ramGb: 0 }, held: { cpu: 0, ramGb: 0 } };

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

/**
 * One resource of a change that does not fit. `deficit`: the field is over-allocated, nothing below it is raised ·
 * `parent`: the parent has too little · `held`: lowered below what the children or projects hold. `short`: by how much.
 */
export type LimitShortage = Shortage & { reason: 'deficit' | 'parent' | 'held'; short: number };

/** Every resource that is short, each judged alone: one may be raised while the other is lowered. Empty if it fits. */
export function limitShortages({ from, to, parentFree, deficit }: LimitChange): LimitShortage[] {
  return RESOURCES.flatMap((resource): LimitShortage[] => {
    const [limit, held] = [amountOf(from.limit, resource), amountOf(from.held, resource)];
    const [free, missing] = [amountOf(parentFree, resource), amountOf(deficit, resource)];
    const raise = amountOf(to, resource) - limit;
    if (raise > 0 && missing > 0) return [{ resource, requested: raise, free: 0, reason: 'deficit', short: missing }];
    if (raise > free) return [{ resource, requested: raise, free, reason: 'parent', short: raise - free }];
    if (raise < 0 && limit + raise < held) {
      const lowerable = Math.max(0, limit - held);
      return [{ resource, requested: -raise, free: lowerable, reason: 'held', short: held - (limit + raise) }];
    }
    return [];
  });
}

/** Every resource of which a change of usage takes more than is left of the quota. Giving back always fits. */
export function usageShortages(quota: Budget, change: Resources): Shortage[] {
  return RESOURCES.flatMap((resource) => {
    const requested = amountOf(change, resource);
    const free = amountOf(leftOf(quota), resource);
    return requested > 0 && requested > free ? [{ resource, requested, free }] : [];
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

/** `12 cores short at haifa.` */
const shortAt = (site: string, resource: Resource, short: number): string =>
  `${quantity(resource, short)} short at ${site}.`;

/** `Department Vision has 40 free; ask its admin.` */
const askAdminOf = (what: string, name: string, resource: Resource, free: Resources): string => {
  const amount = amountOf(free, resource);
  return `${what} ${name} has ${amount === 0 ? 'none' : amount} free; ask its admin.`;
};

const deficitAt = (field: string, site: string, { resource, short }: LimitShortage): string =>
  `Field ${field} has granted ${quantity(resource, short)} more at ${site} than its servers there now give. ` +
  'Until that deficit is gone, no quota of it can be raised.';

/** Why a department's limit cannot become that, and who can change it. */
export function departmentRefusal(
  names: { site: string; fieldName: string; departmentName: string },
  shortages: readonly LimitShortage[],
): string {
  const sentence = (shortage: LimitShortage): string => {
    const { resource, short, free } = shortage;
    if (shortage.reason === 'deficit') return deficitAt(names.fieldName, names.site, shortage);
    const lead = shortAt(names.site, resource, short);
    return shortage.reason === 'held'
      ? `${lead} Teams of department ${names.departmentName} hold more than that; lower theirs first.`
      : `${lead} Field ${names.fieldName} has ${free === 0 ? 'none' : free} free; ask a center admin for more servers.`;
  };
  return shortages.map(sentence).join(' ');
}

/** Why a team's limit cannot become that, and who can change it. */
export function teamRefusal(
  names: { site: string; fieldName: string; teamName: string },
  shortages: readonly LimitShortage[],
  fieldFree: Resources,
): string {
  const sentence = (shortage: LimitShortage): string => {
    const { resource, short } = shortage;
    if (shortage.reason === 'deficit') return deficitAt(names.fieldName, names.site, shortage);
    const lead = shortAt(names.site, resource, short);
    return shortage.reason === 'held'
      ? `${lead} Projects of team ${names.teamName} hold more than that; decommission some first.`
      : `${lead} ${askAdminOf('Field', names.fieldName, resource, fieldFree)}`;
  };
  return shortages.map(sentence).join(' ');
}

/** Why a limit cannot become that: in words, and resource by resource. */
export type LimitRefusal = { message: string; shortages: [LimitShortage, ...LimitShortage[]] };

/** What setting a department's limit is judged by, and planning it as well; undefined if it fits. */
export function judgeDepartmentLimit(
  names: Parameters<typeof departmentRefusal>[0],
  { from, to, field }: Pick<LimitChange, 'from' | 'to'> & { field: FieldBudget },
): LimitRefusal | undefined {
  const change = { from, to, parentFree: freeOf(field), deficit: deficitOf(field) };
  return refusalOf(limitShortages(change), (shortages) => departmentRefusal(names, shortages));
}

/** The same of a team's limit. */
export function judgeTeamLimit(
  names: Parameters<typeof teamRefusal>[0],
  { from, to, department, field }: Pick<LimitChange, 'from' | 'to'> & { department: Budget; field: FieldBudget },
): LimitRefusal | undefined {
  const change = { from, to, parentFree: leftOf(department), deficit: deficitOf(field) };
  return refusalOf(limitShortages(change), (shortages) => teamRefusal(names, shortages, freeOf(field)));
}

function refusalOf(
  [first, ...others]: LimitShortage[],
  message: (shortages: LimitShortage[]) => string,
): LimitRefusal | undefined {
  return first && { message: message([first, ...others]), shortages: [first, ...others] };
}

/** Why a project does not fit, and who can give more: `12 cores short at Haifa. Department Vision has 40 free; …` */
export function usageRefusal(
  names: { site: string; departmentName: string },
  shortages: readonly Shortage[],
  departmentFree: Resources,
): string {
  return shortages
    .map(({ resource, requested, free }) =>
      [
        shortAt(names.site, resource, requested - free),
        askAdminOf('Department', names.departmentName, resource, departmentFree),
      ].join(' '),
    )
    .join(' ');
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
