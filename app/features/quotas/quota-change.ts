import { count } from '../../ui/format.ts';
import type { Amounts } from '../capacity/amounts.ts';
import { type Amount, quantity, RESOURCES, type Resource } from '../capacity/capacity.ts';

export type Limits = Record<Resource, number>;

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

/** What lies on a quota and so cannot be taken away: the teams' quotas of a department, the projects of a team. */
export const floorOf = ({ level, now }: QuotaSubject, resource: Resource): number =>
  level === 'team' ? now[resource].used : now[resource].granted;

/** The most that the quota could be: what it is, and what its parent has free. */
export function ceilingOf({ now, parent }: QuotaSubject, resource: Resource): number {
  const { capacity, granted } = parent.amounts[resource];
  return now[resource].capacity + Math.max(0, capacity - granted);
}

/** The parent's numbers after the change. */
export function parentAfter({ now, parent }: QuotaSubject, resource: Resource, limit: number): Amount {
  const { deficit: _, ...before } = parent.amounts[resource];
  return { ...before, granted: before.granted + limit - now[resource].capacity };
}

/** Why this limit would be refused, in words that say what is missing; undefined where it is possible. */
function objection(subject: QuotaSubject, resource: Resource, limit: number): string | undefined {
  const floor = floorOf(subject, resource);
  const current = subject.now[resource].capacity;
  if (limit < floor && limit < current) {
    const holder = subject.level === 'team' ? 'are used by its projects' : 'are granted to its teams';
    return `${quantity(floor, resource)} ${holder}; it cannot be less.`;
  }
  const ceiling = ceilingOf(subject, resource);
  if (limit > ceiling && limit > current) {
    return `${quantity(limit - ceiling, resource)} short at ${subject.site}: ${subject.parent.name} has ${count(ceiling - current)} free.`;
  }
  return undefined;
}

export const objections = (subject: QuotaSubject, limits: Limits): Partial<Record<Resource, string>> =>
  Object.fromEntries(
    RESOURCES.flatMap((resource) => {
      const why = objection(subject, resource, limits[resource]);
      return why ? [[resource, why]] : [];
    }),
  );
