/** How each thing that keeps a node from being deleted is done away with. */
const REMEDY = {
  fields: 'delete its fields',
  departments: 'delete its departments',
  teams: 'delete its teams',
  servers: 'release its servers',
  projects: 'decommission its projects',
  quotas: 'set its quotas to 0',
} as const;

/** So many of what stands in the way of a deletion; `quotas` counts the sites where a limit is not zero. */
export type Blocker = { what: keyof typeof REMEDY; count: number };

const listed = new Intl.ListFormat('en');

/** Why a node that still holds something is not deleted, and what to do first. */
export function whyNotDeleted(noun: string, name: string, blockers: Blocker[]): string {
  const amounts = blockers.map(({ what, count }) => `${count} ${count === 1 ? what.slice(0, -1) : what}`);
  const remedies = blockers.map(({ what }) => REMEDY[what]);
  return `The ${noun} “${name}” still has ${listed.format(amounts)}. First ${listed.format(remedies)}.`;
}
