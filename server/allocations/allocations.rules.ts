import type { Shortage } from '../platform/errors.ts';

/** Cores and GiB. */
export type Resources = { cpu: number; ramGb: number };

/** A resource by its word on the wire. */
export type Resource = Shortage['resource'];
export const RESOURCES = ['cpu', 'ram_gb'] as const satisfies Resource[];

/** What a field has at a site, how much of it is there now, and what it has granted to its departments. */
export type FieldBudget = { capacity: Resources; online: Resources; granted: Resources };

export const amountOf = (amounts: Resources, resource: Resource): number =>
  resource === 'cpu' ? amounts.cpu : amounts.ramGb;

/** `12 cores`, `1 core`, `4 GiB`. */
export function quantity(resource: Resource, amount: number): string {
  if (resource === 'ram_gb') return `${amount} GiB`;
  return amount === 1 ? '1 core' : `${amount} cores`;
}

const positive = (amount: number): number => Math.max(0, amount);

/** What a field can still grant at a site. Capacity that is offline cannot be granted. */
export const freeOf = ({ online, granted }: FieldBudget): Resources => ({
  cpu: positive(online.cpu - granted.cpu),
  ramGb: positive(online.ramGb - granted.ramGb),
});

/** By how much a field's grants exceed what is there now; 0 unless it is over-allocated. */
export const deficitOf = ({ online, granted }: FieldBudget): Resources => ({
  cpu: positive(granted.cpu - online.cpu),
  ramGb: positive(granted.ramGb - online.ramGb),
});

/** A release as one site sees it: what it takes away, in all and of it online, and the field's budget after it. */
export type SiteRelease = { site: string; taken: Omit<FieldBudget, 'granted'>; after: FieldBudget };

type ReleasedServer = Resources & { site: string; online: boolean };

/** What taking these servers away takes from each of their sites. */
export function releasesBySite(servers: readonly ReleasedServer[]): Omit<SiteRelease, 'after'>[] {
  const sites = new Set(servers.map((server) => server.site));
  return [...sites].sort().map((site) => {
    const here = servers.filter((server) => server.site === site);
    return { site, taken: { capacity: total(here), online: total(here.filter((server) => server.online)) } };
  });
}

const total = (amounts: readonly Resources[]): Resources => ({
  cpu: amounts.reduce((sum, { cpu }) => sum + cpu, 0),
  ramGb: amounts.reduce((sum, { ramGb }) => sum + ramGb, 0),
});

/**
 * What a release would leave short at a site. Taking away an online server must leave the grants covered by what is
 * online; taking away an offline one, by the capacity: its loss was a fact before.
 */
export function releaseShortages({ site, taken, after }: SiteRelease): Shortage[] {
  const counted = taken.online.cpu > 0 ? 'online' : 'capacity';
  return RESOURCES.flatMap((resource): Shortage[] => {
    const left = amountOf(after[counted], resource);
    const short = amountOf(after.granted, resource) - left;
    if (short <= 0) return [];
    const requested = amountOf(taken[counted], resource);
    const step = { requested, before: left + requested, after: left, free: positive(requested - short) };
    return [{ site, resource, ...step, short, reason: 'held' }];
  });
}

/** A department's quota at a site, as a release that it stands in the way of names it. */
export type Grant = { site: string; departmentName: string } & Resources;

const HOLDERS_NAMED = 5;

/** `12 cores short at haifa: 40 to be taken, 28 can be. Departments hold them: Vision 20, Audio 12. Lower a quota first.` */
export function releaseRefusal({ site, resource, requested, free, short }: Shortage, grants: readonly Grant[]): string {
  const holders = grants
    .filter((grant) => grant.site === site && amountOf(grant, resource) > 0)
    .sort((a, b) => amountOf(b, resource) - amountOf(a, resource))
    .map((grant) => `${grant.departmentName} ${amountOf(grant, resource)}`);
  const asked = `${quantity(resource, short)} short at ${site}: ${requested} to be taken, ${free === 0 ? 'none' : free} can be.`;
  return `${asked} Departments hold them: ${listed(holders, HOLDERS_NAMED)}. Lower a quota first.`;
}

/** A server and the field that has it, if one has. */
export type HeldServer = { id: string; name: string; fieldId: string | null; fieldName: string | null };

/** How many servers a message or an audit event names. */
export const SERVERS_NAMED = 20;

/** `Already given: rack-1 to field North, rack-2 to field South. Nothing was changed.` */
export const alreadyGiven = (servers: readonly HeldServer[]): string =>
  `Already given: ${listed(servers.map(holder), SERVERS_NAMED)}. Nothing was changed.`;

/** `Not given to field North, but: rack-1 to field South, rack-2 to no field. Nothing was changed.` */
export const notOfField = (fieldName: string, servers: readonly HeldServer[]): string =>
  `Not given to field ${fieldName}, but: ${listed(servers.map(holder), SERVERS_NAMED)}. Nothing was changed.`;

/** `There are no servers with these ids: …` */
export const unknownServers = (ids: readonly string[]): string =>
  `There are no servers with these ids: ${listed(ids, SERVERS_NAMED)}.`;

const holder = ({ name, fieldName }: HeldServer): string =>
  fieldName === null ? `${name} to no field` : `${name} to field ${fieldName}`;

const SITES_NAMED = 20;

/** `There is no site HAIFA. Did you mean haifa? There are eilat, haifa.` */
export function unknownSite(site: string, sites: readonly string[]): string {
  if (sites.length === 0) return `There is no site ${site}, nor any other yet: sites come with the servers.`;
  const meant = sites.find((known) => known.toLowerCase() === site.toLowerCase());
  const question = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `There is no site ${site}.${question} There are ${listed(sites, SITES_NAMED)}.`;
}

/** The first few, and how many more there are. */
function listed(words: readonly string[], atMost: number): string {
  const more = words.length - atMost;
  return words.slice(0, atMost).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
