import type { OrgNode } from '../org/tree.ts';
import { type Amount, addAmounts, type Resource } from './capacity.ts';
import { amountOfRow, type Usage } from './usage.ts';

export type Amounts = Record<Resource, Amount>;

/** One amount for each resource. */
export const perResource = (amount: (resource: Resource) => Amount): Amounts => ({
  cpu: amount('cpu'),
  ram_gb: amount('ram_gb'),
});

/** What a node holds: at one site, or at all of them together. A center's is the sum of its fields. */
export function amountsOf(node: OrgNode, usage: Usage, site?: string): Amounts {
  if (node.level === 'center') {
    const fields = node.children.map((field) => amountsOf(field, usage, site));
    return perResource((resource) => addAmounts(fields.map((field) => field[resource])));
  }
  const rows = usage.items.filter((row) => row.id === node.id && (site === undefined || row.site === site));
  return perResource((resource) => addAmounts(rows.map((row) => amountOfRow(row, resource))));
}
