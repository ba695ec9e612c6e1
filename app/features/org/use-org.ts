import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api } from '../../api.ts';
import { flatten, nodesOf, type OrgNode } from './tree.ts';

/** The part of the organisation that the caller may see. */
export function useOrg() {
  const query = useQuery(api.org.tree.queryOptions());
  const roots = useMemo(() => (query.data ? nodesOf(query.data) : undefined), [query.data]);
  return { query, roots };
}

/** One node of it; undefined while the tree is on its way, or where the node is not there. */
export function useNode(id: string): OrgNode | undefined {
  const { roots } = useOrg();
  return useMemo(() => roots && flatten(roots).find((n) => n.id === id), [roots, id]);
}
