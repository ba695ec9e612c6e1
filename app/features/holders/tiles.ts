import type { Project } from '../../../server/projects/projects.schema.ts';
import { type Amounts, amountsOf } from '../capacity/amounts.ts';
import { type Amount, addAmounts, RESOURCES, type Resource, segmentsOf } from '../capacity/capacity.ts';
import type { Usage } from '../capacity/usage.ts';
import { flatten, hrefOf, type OrgNode } from '../org/tree.ts';

/** Who or what holds a part of the capacity: a node, a project, or nobody. */
export type Tile = {
  id: string;
  name: string;
  kind: OrgNode['level'] | 'project' | 'free';
  amounts: Amounts;
  /** Its own page. */
  href: string | undefined;
};

/** The highest nodes that the caller may see whole. */
export const topsOf = (roots: OrgNode[]): OrgNode[] =>
  flatten(roots).filter((node) => node.inScope && !node.parent?.inScope);

type Held = { capacity: Amounts; tiles: Tile[] };

const perResource = (amount: (resource: Resource) => Amount): Amounts => ({
  cpu: amount('cpu'),
  ram_gb: amount('ram_gb'),
});

const nodeTile = (node: OrgNode, usage: Usage, site: string | undefined): Tile => ({
  id: node.id,
  name: node.name,
  kind: node.level,
  amounts: amountsOf(node, usage, site),
  href: hrefOf(node),
});

const projectTile = ({ id, name, cpu, ram_gb }: Project): Tile => ({
  id,
  name,
  kind: 'project',
  amounts: {
    cpu: { capacity: cpu, granted: cpu, used: cpu },
    ram_gb: { capacity: ram_gb, granted: ram_gb, used: ram_gb },
  },
  href: `/projects/${id}`,
});

/** What is held directly below a node, or below all the tops together, largest first; what nobody holds comes last. */
export function tilesOf({
  node,
  tops,
  usage,
  site,
  projects,
}: {
  node: OrgNode | undefined;
  tops: OrgNode[];
  usage: Usage;
  site: string | undefined;
  projects: Project[];
}): Tile[] {
  const holders =
    node?.level === 'team'
      ? projects.filter((project) => site === undefined || project.site === site).map(projectTile)
      : (node?.children ?? tops).map((child) => nodeTile(child, usage, site));
  const shown = holders
    .filter(({ amounts }) => RESOURCES.some((resource) => segmentsOf(amounts[resource]).whole > 0))
    .sort((a, b) => b.amounts.cpu.capacity - a.amounts.cpu.capacity);
  if (!node) return shown;
  const free = freeOf({ capacity: amountsOf(node, usage, site), tiles: shown });
  return free ? [...shown, free] : shown;
}

/** What is left of a node's capacity when all that is held is taken away. */
function freeOf({ capacity, tiles }: Held): Tile | undefined {
  const amounts = perResource((resource) => {
    const held = addAmounts(tiles.map((tile) => tile.amounts[resource]));
    return { capacity: Math.max(0, capacity[resource].capacity - held.capacity), granted: 0, used: 0 };
  });
  if (RESOURCES.every((resource) => amounts[resource].capacity === 0)) return undefined;
  return { id: 'free', name: 'Free', kind: 'free', amounts, href: undefined };
}
