import type { Outputs } from '../../api.ts';
import { quantity, RESOURCES } from '../capacity/capacity.ts';

export type Plan = Outputs['projects']['plan'];
type TeamQuota = Outputs['quotas']['listTeam']['items'][number];

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
