import type { Resources } from '../allocations/allocations.rules.ts';
import type { NodeChange, QuotaPlan, Share } from './plan.schema.ts';

type Node = Pick<NodeChange, 'level' | 'id' | 'name'>;

const NOTHING: Share = {
  cpu_limit: 0,
  cpu_granted: 0,
  cpu_used: 0,
  ram_gb_limit: 0,
  ram_gb_granted: 0,
  ram_gb_used: 0,
};

/**
 * What a new limit of a node makes of it, its parent and its siblings, whether it is possible or not. `shares` are those
 * of the parent and of everything right below it; who is not among them has nothing.
 */
export function planLimit(
  shares: readonly (Node & { share: Share })[],
  { node, parent }: { node: Node; parent: Node },
  to: Resources,
): Pick<QuotaPlan, 'node' | 'parent' | 'siblings'> {
  const shareOf = ({ id }: Node): Share => shares.find((row) => row.id === id)?.share ?? NOTHING;
  const [own, above] = [shareOf(node), shareOf(parent)];
  const others = shares.filter(({ id }) => id !== node.id && id !== parent.id);
  return {
    node: { ...node, before: own, after: withLimit(node, own, to) },
    parent: {
      ...parent,
      before: above,
      after: {
        ...above,
        cpu_granted: above.cpu_granted - own.cpu_limit + to.cpu,
        ram_gb_granted: above.ram_gb_granted - own.ram_gb_limit + to.ramGb,
      },
    },
    siblings: others.map(({ share, ...other }) => ({ ...other, before: share, after: share })),
  };
}

/** A team has nobody to grant to: what it has is granted. */
function withLimit({ level }: Node, share: Share, { cpu, ramGb }: Resources): Share {
  const limits = { cpu_limit: cpu, ram_gb_limit: ramGb };
  return { ...share, ...limits, ...(level === 'team' && { cpu_granted: cpu, ram_gb_granted: ramGb }) };
}
