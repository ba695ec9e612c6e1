import type { Outputs } from '../../api.ts';
import { type Amounts, amountsOf } from '../capacity/amounts.ts';
import { type Amount, RESOURCES, type Resource } from '../capacity/capacity.ts';
import type { Usage } from '../capacity/usage.ts';
import type { OrgNode } from '../org/tree.ts';

export type Limits = Record<Resource, number>;
/** Limits as they are typed: an empty box is no number, and so no quota. */
export type TypedLimits = Record<Resource, number | undefined>;
export type QuotaPlan = Outputs['quotas']['planTeam'];

/** A child's quota at a site and the budget it is carved out of. */
export type QuotaSubject = {
  level: 'department' | 'team';
  id: string;
  name: string;
  site: string;
  /** As it is now; `granted` is what lies on it: quotas of teams, or usage of projects. */
  now: Amounts;
  parent: { name: string; amounts: Amounts };
};

/** The quota of a node at a site as it is now, and what it is carved out of. */
export const subjectOf = (
  node: OrgNode,
  parent: OrgNode,
  level: QuotaSubject['level'],
  site: string,
  usage: Usage,
): QuotaSubject => ({
  level,
  id: node.id,
  name: node.name,
  site,
  now: amountsOf(node, usage, site),
  parent: { name: parent.name, amounts: amountsOf(parent, usage, site) },
});

/** What lies on a quota and so cannot be taken away: the teams' quotas of a department, the projects of a team. */
export const floorOf = ({ level, now }: QuotaSubject, resource: Resource): number =>
  level === 'team' ? now[resource].used : now[resource].granted;

/** The most that the quota could be: what it is, and what its parent has free. */
export function ceilingOf({ now, parent }: QuotaSubject, resource: Resource): number {
  const { capacity, granted } = parent.amounts[resource];
  return now[resource].capacity + Math.max(0, capacity - granted);
}

/** The value next to what was dragged to that is possible. */
export const withinReach = (subject: QuotaSubject, resource: Resource, dragged: number): number =>
  Math.min(Math.max(dragged, floorOf(subject, resource)), ceilingOf(subject, resource));

/** What was typed, once it is whole. */
export function wholeLimits({ cpu, ram_gb }: TypedLimits): Limits | undefined {
  return cpu === undefined || ram_gb === undefined ? undefined : { cpu, ram_gb };
}

export const sameLimits = (limits: Limits, amounts: Amounts): boolean =>
  RESOURCES.every((resource) => limits[resource] === amounts[resource].capacity);

type PlannedShare = QuotaPlan['node']['before'];

/** One node of a plan as a bar shows it. */
export const amountOfShare = (share: PlannedShare, resource: Resource): Amount => ({
  capacity: share[`${resource}_limit`],
  granted: share[`${resource}_granted`],
  used: share[`${resource}_used`],
});
