import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { count } from '../../ui/format.ts';
import { Empty } from '../../ui/Notice.tsx';
import { type Amount, quantity, RESOURCE_NAME, RESOURCES, type Resource, segmentsOf, UNIT } from './capacity.ts';
import type { SiteAmounts } from './Sites.tsx';

type Line = { site: string; resource: Resource; amount: Amount };

const numbers = (id: 'capacity' | 'granted' | 'used', header: string): Column<Line> => ({
  id,
  header,
  meta: { align: 'right', width: 110, ...(id === 'granted' && { from: 'sm' as const }) },
  cell: ({ row }) => count(row.original.amount[id]),
});

const columns: Column<Line>[] = [
  { id: 'site', header: 'Site', cell: ({ row }) => <code>{row.original.site}</code> },
  {
    id: 'resource',
    header: 'Of',
    meta: { width: 120 },
    cell: ({ row: { original } }) => `${RESOURCE_NAME[original.resource]}, ${UNIT[original.resource]}`,
  },
  numbers('capacity', 'Total'),
  numbers('granted', 'Granted'),
  numbers('used', 'Used'),
  {
    id: 'free',
    header: 'Free',
    meta: { align: 'right', width: 190 },
    cell: ({ row: { original } }) => {
      const { free, over } = segmentsOf(original.amount);
      return over > 0 ? <b>{quantity(over, original.resource)} over-allocated</b> : count(free);
    },
  },
];

/** The same as the bars, in rows. */
export function SitesTable({ label, sites }: { label: string; sites: SiteAmounts[] }) {
  const lines = sites.flatMap(({ site, amounts }) =>
    RESOURCES.map((resource) => ({ site, resource, amount: amounts[resource] })),
  );
  return (
    <DataTable
      label={label}
      rows={lines}
      columns={columns}
      rowId={({ site, resource }) => `${site} ${resource}`}
      empty={<Empty title="There is nothing here yet" />}
    />
  );
}
