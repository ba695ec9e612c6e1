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
  /** Who holds of it in turn, where that is known. */
  inside: Tile[];
};

/** The highest nodes that the caller may see whole. */
export const topsOf = (roots: OrgNode[]): OrgNode[] =>
  flatten(roots).filter((node) => node.inScope && !node.parent?.inScope);

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
  inside: [],
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
  inside: [],
});

type Holding = { usage: Usage; site: string | undefined; projects: Project[] };

/** What is held below a node, and below that again, largest first; what nobody holds comes last. */
export function tilesOf(node: OrgNode, holding: Holding): Tile[] {
  const { usage, site, projects } = holding;
  const holders =
    node.level === 'team'
      ? largestFirst(projects.filter((project) => site === undefined || project.site === site).map(projectTile))
      : tilesOfNodes(node.children, holding);
  const free = freeOf(amountsOf(node, usage, site), holders);
  return free ? [...holders, free] : holders;
}

/** These nodes side by side, each with who holds of it; projects only below the team that they are known of. */
export function tilesOfNodes(nodes: OrgNode[], { usage, site }: Holding): Tile[] {
  const insideOf = (node: OrgNode): Tile[] => {
    const tiles = largestFirst(node.children.map((child) => nodeTile(child, usage, site)));
    const free = tiles.length > 0 ? freeOf(amountsOf(node, usage, site), tiles) : undefined;
    return free ? [...tiles, free] : tiles;
  };
  return largestFirst(nodes.map((node) => ({ ...nodeTile(node, usage, site), inside: insideOf(node) })));
}

const largestFirst = (tiles: Tile[]): Tile[] =>
  tiles
    .filter(({ amounts }) => RESOURCES.some((resource) => segmentsOf(amounts[resource]).whole > 0))
    .sort((a, b) => b.amounts.cpu.capacity - a.amounts.cpu.capacity);

/** What is left of a node's capacity when all that is held is taken away. */
function freeOf(all: Amounts, tiles: Tile[]): Tile | undefined {
  const amounts = perResource((resource) => {
    const held = addAmounts(tiles.map((tile) => tile.amounts[resource]));
    return { capacity: Math.max(0, all[resource].capacity - held.capacity), granted: 0, used: 0 };
  });
  if (RESOURCES.every((resource) => amounts[resource].capacity === 0)) return undefined;
  return { id: 'free', name: 'Free', kind: 'free', amounts, href: undefined, inside: [] };
}
