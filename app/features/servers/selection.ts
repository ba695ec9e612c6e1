import { RESOURCES, type Resource } from '../capacity/capacity.ts';
import type { Server } from './server-columns.tsx';

export type Totals = { servers: number } & Record<Resource, number>;

/** How many servers these are, and what they have together. */
export const totalsOf = (servers: Pick<Server, Resource>[]): Totals =>
  servers.reduce<Totals>(
    (sum, s) => ({ servers: sum.servers + 1, cpu: sum.cpu + s.cpu, ram_gb: sum.ram_gb + s.ram_gb }),
    {
      servers: 0,
      cpu: 0,
      ram_gb: 0,
    },
  );

type Held = Pick<Server, Resource | 'site' | 'status'>;

/** What giving or taking these servers changes at each site: only what is online is capacity. */
export function capacityBySite(servers: Held[]): { site: string; totals: Totals }[] {
  const sites = [...new Set(servers.map((s) => s.site))].sort();
  return sites.map((site) => ({
    site,
    totals: totalsOf(servers.filter((s) => s.site === site && s.status === 'online')),
  }));
}

type SiteNumbers = { site: string; online: Record<Resource, number>; granted: Record<Resource, number> };

/** The resources of which so much is granted at a site that these servers cannot be taken away. */
export function shortOf(site: SiteNumbers | undefined, taken: Totals): { resource: Resource; by: number }[] {
  if (!site) return [];
  return RESOURCES.flatMap((resource) => {
    const by = site.granted[resource] - (site.online[resource] - taken[resource]);
    return by > 0 && taken[resource] > 0 ? [{ resource, by }] : [];
  });
}
