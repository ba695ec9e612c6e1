import { Link } from '@remix-run/react';
import { useMemo } from 'react';
import { fetchCsv } from '../../download.ts';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { count } from '../../ui/format.ts';
import { Empty } from '../../ui/Notice.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { CapacityLegend } from '../capacity/CapacityLegend.tsx';
import { RESOURCE_NAME, type Resource, UNIT } from '../capacity/capacity.ts';
import { amountOfRow, type Usage, type UsageRow } from '../capacity/usage.ts';
import { hrefOf } from '../org/tree.ts';

const ORDER = ['field', 'department', 'team'] as const;

/** The rows of the highest level that the caller sees more than nothing of: fields, else departments, else teams. */
function topRows({ items }: Usage): UsageRow[] {
  const level = ORDER.find((candidate) => items.some((row) => row.level === candidate));
  return items.filter((row) => row.level === level);
}

const resourceColumns = (resource: Resource): Column<UsageRow>[] => [
  {
    id: `${resource} bar`,
    header: RESOURCE_NAME[resource],
    meta: { from: resource === 'cpu' ? 'sm' : 'md' },
    cell: ({ row: { original } }) => (
      <CapacityBar label={original.name} resource={resource} amount={amountOfRow(original, resource)} size="sm" />
    ),
  },
  {
    id: `${resource} numbers`,
    header: `Used, ${UNIT[resource]}`,
    meta: { align: 'right', width: 132, ...(resource === 'ram_gb' && { from: 'sm' as const }) },
    cell: ({ row: { original } }) => {
      const { used, capacity } = amountOfRow(original, resource);
      return `${count(used)} of ${count(capacity)}`;
    },
  },
];

const columns: Column<UsageRow>[] = [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original } }) => (
      <Link to={`${hrefOf(original)}?site=${encodeURIComponent(original.site)}`} className="plain">
        {original.name}
      </Link>
    ),
  },
  { id: 'site', header: 'Site', meta: { width: 110 }, cell: ({ row }) => <code>{row.original.site}</code> },
  ...resourceColumns('cpu'),
  ...resourceColumns('ram_gb'),
];

/** Who holds what, by site; most used first. */
export function Holders({ usage }: { usage: Usage }) {
  const rows = useMemo(() => topRows(usage).sort((a, b) => b.cpu_used - a.cpu_used), [usage]);
  return (
    <Panel
      flush
      title="Who holds what"
      hint={<CapacityLegend />}
      actions={<CsvButton name="usage" fetchCsv={() => fetchCsv('/reports/usage', {})} />}
    >
      <DataTable
        label="Who holds what"
        rows={rows}
        columns={columns}
        rowId={(row) => `${row.id} ${row.site}`}
        empty={
          <Empty title="Nobody holds anything yet">
            Capacity shows here as soon as servers are given to a field and quotas are granted.
          </Empty>
        }
      />
    </Panel>
  );
}
