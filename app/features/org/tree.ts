import type { Place } from '../../../server/platform/policy.ts';
import type { Outputs } from '../../api.ts';

export type Level = 'center' | 'field' | 'department' | 'team';
type Share = Outputs['org']['tree']['centers'][number]['shares'][number];

/** One node of the organisation, whatever its level. */
export type OrgNode = {
  level: Level;
  id: string;
  name: string;
  /** False for what is only on the way to the caller's part. */
  inScope: boolean;
  shares: Share[];
  children: OrgNode[];
  parent: OrgNode | undefined;
};

type TreeNode = { id: string; name: string; in_scope: boolean; shares: Share[] };

function node<T extends TreeNode, C>(
  level: Level,
  parent: OrgNode | undefined,
  from: T,
  children: C[],
  child: (parent: OrgNode, from: C) => OrgNode,
): OrgNode {
  const made: OrgNode = {
    level,
    parent,
    id: from.id,
    name: from.name,
    inScope: from.in_scope,
    shares: from.shares,
    children: [],
  };
  made.children = children.map((c) => child(made, c));
  return made;
}

/** The API's tree as nodes that know their parent. */
export function nodesOf(tree: Outputs['org']['tree']): OrgNode[] {
  return tree.centers.map((c) =>
    node('center', undefined, c, c.fields, (center, f) =>
      node('field', center, f, f.departments, (field, d) =>
        node('department', field, d, d.teams, (department, t) =>
          node('team', department, t, [], () => {
            throw new Error('a team has nothing below it');
          }),
        ),
      ),
    ),
  );
}

/** Every node, parents before children. */
export const flatten = (nodes: OrgNode[]): OrgNode[] => nodes.flatMap((n) => [n, ...flatten(n.children)]);

/** From the center down to the node itself. */
export const pathTo = (n: OrgNode): OrgNode[] => (n.parent ? [...pathTo(n.parent), n] : [n]);

/** Where the node lies, as the policy asks. */
export function placeOf(n: OrgNode): Place {
  const at = (level: Level) => pathTo(n).find((step) => step.level === level)?.id ?? null;
  return { fieldId: at('field'), departmentId: at('department'), teamId: at('team') };
}

const PATHS = { field: '/fields', department: '/departments', team: '/teams' } as const;

/** The node's own page; a center's is the organisation. */
export const hrefOf = (n: Pick<OrgNode, 'level' | 'id'>): string =>
  n.level === 'center' ? '/organisation' : `${PATHS[n.level]}/${n.id}`;

/** Every site at which any of the nodes has a share, in order. */
export const sitesOf = (nodes: OrgNode[]): string[] =>
  [...new Set(flatten(nodes).flatMap((n) => n.shares.map((s) => s.site)))].sort();
