import { client, once } from '../../api.ts';
import { count, plural } from '../../ui/format.ts';
import type { Level, OrgNode } from './tree.ts';

/** Creates a center, or what belongs under the parent. */
export function createNode(parent: OrgNode | undefined, name: string, key: string): Promise<{ id: string }> {
  if (!parent) return client.org.centers.create.mutate({ name }, once(key));
  if (parent.level === 'center') return client.org.fields.create.mutate({ center_id: parent.id, name }, once(key));
  if (parent.level === 'field') return client.org.departments.create.mutate({ field_id: parent.id, name }, once(key));
  return client.org.teams.create.mutate({ department_id: parent.id, name }, once(key));
}

const ROOM = {
  center: client.org.centers,
  field: client.org.fields,
  department: client.org.departments,
  team: client.org.teams,
} as const;

export const renameNode = ({ level, id }: OrgNode, name: string) => ROOM[level].rename.mutate({ id, name });
export const deleteNode = ({ level, id }: OrgNode) => ROOM[level].delete.mutate({ id });

const CHILD = { center: 'field', field: 'department', department: 'team' } as const;

/** What a node may be given: the level below it; nothing below a team. */
export const childLevel = (parent: OrgNode | undefined): Level | undefined => {
  if (!parent) return 'center';
  return parent.level === 'team' ? undefined : CHILD[parent.level];
};

const SHOWN = 5;

/** What keeps a node from being deleted, as far as this page knows: what lies below it, and quota or capacity it holds. */
export function inTheWay(node: OrgNode): string[] {
  const lines: string[] = [];
  const child = childLevel(node);
  if (child && node.children.length > 0) {
    const names = node.children.slice(0, SHOWN).map((c) => c.name);
    const rest = node.children.length - names.length;
    lines.push(`${plural(node.children.length, child)}: ${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`);
  }
  for (const share of node.shares) {
    const [cpu, ramGb] = [share.cpu_capacity ?? share.cpu_limit ?? 0, share.ram_gb_capacity ?? share.ram_gb_limit ?? 0];
    if (node.level !== 'center' && (cpu > 0 || ramGb > 0)) {
      const what = node.level === 'field' ? 'servers with' : 'a quota of';
      lines.push(`${what} ${count(cpu)} cores and ${count(ramGb)} GiB at ${share.site}`);
    }
  }
  return lines;
}
