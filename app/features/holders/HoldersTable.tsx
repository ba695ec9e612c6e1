import { Link } from '@remix-run/react';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { count } from '../../ui/format.ts';
import { Empty } from '../../ui/Notice.tsx';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { RESOURCE_NAME, type Resource, UNIT } from '../capacity/capacity.ts';
import type { Tile } from './tiles.ts';

const resourceColumns = (resource: Resource): Column<Tile>[] => [
  {
    id: `${resource} bar`,
    header: RESOURCE_NAME[resource],
    meta: { from: resource === 'cpu' ? 'sm' : 'md' },
    cell: ({ row: { original } }) => (
      <CapacityBar label={original.name} resource={resource} amount={original.amounts[resource]} size="sm" />
    ),
  },
  {
    id: `${resource} numbers`,
    header: `Used, ${UNIT[resource]}`,
    meta: { align: 'right', width: 132, ...(resource === 'ram_gb' && { from: 'sm' as const }) },
    cell: ({ row: { original } }) => {
      const { used, capacity } = original.amounts[resource];
      return `${count(used)} of ${count(capacity)}`;
    },
  },
];

const columns: Column<Tile>[] = [
  {
    id: 'name',
    header: 'Name',
    cell: ({ row: { original } }) =>
      original.href ? (
        <Link to={original.href} className="plain">
          {original.name}
        </Link>
      ) : (
        original.name
      ),
  },
  {
    id: 'kind',
    header: 'Level',
    meta: { width: 110, from: 'sm' },
    cell: ({ row: { original } }) => (original.kind === 'free' ? '' : original.kind),
  },
  ...resourceColumns('cpu'),
  ...resourceColumns('ram_gb'),
];

/** The same as the map, in rows. */
export function HoldersTable({ label, tiles }: { label: string; tiles: Tile[] }) {
  return (
    <DataTable
      label={label}
      rows={tiles}
      columns={columns}
      rowId={({ id }) => id}
      empty={<Empty title="Nobody holds anything here" />}
    />
  );
}
