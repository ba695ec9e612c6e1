import { performanceTier } from '../../../server/platform/schema.ts';
import { type CreateProject, slaType } from '../../../server/projects/projects.schema.ts';
import type { Outputs } from '../../api.ts';
import { quantity, RESOURCES } from '../capacity/capacity.ts';

export type Plan = Outputs['projects']['plan'];
export type ResizePlan = Outputs['projects']['planResize'];
type TeamQuota = Outputs['quotas']['listTeam']['items'][number];

/** What can be chosen of a project's size. */
export type Kind = Pick<CreateProject, 'sla_type' | 'performance_tier'>;
/** What a choice costs in all, and what is missing for it. */
export type Choice = { cost: Plan['cost']; short: string | undefined };

/** Every size that there is. */
export const KINDS: Kind[] = slaType.options.flatMap((sla_type) =>
  performanceTier.options.map((performance_tier) => ({ sla_type, performance_tier })),
);

export const sameKind = (a: Kind, b: Kind): boolean =>
  a.sla_type === b.sla_type && a.performance_tier === b.performance_tier;

/** What a plan is short of, as "2 cores short"; undefined where it fits. */
export function shortage({ quota }: Pick<Plan, 'quota'>): string | undefined {
  const short = RESOURCES.flatMap((resource) => {
    const free = quota[resource].free_after;
    return free < 0 ? [quantity(-free, resource)] : [];
  });
  return short.length > 0 ? `${short.join(' and ')} short` : undefined;
}

export const freeAt = (quota: TeamQuota) => ({
  cpu: quota.cpu_limit - quota.cpu_used,
  ram_gb: quota.ram_gb_limit - quota.ram_gb_used,
});

/** The site with most room, which a new form starts with. */
export const roomiest = (quotas: TeamQuota[]): string | undefined =>
  [...quotas].sort((a, b) => freeAt(b).cpu - freeAt(a).cpu)[0]?.site;
