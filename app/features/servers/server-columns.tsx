import { Link } from '@remix-run/react';
import type { Outputs } from '../../api.ts';
import { Ago } from '../../ui/Ago.tsx';
import { Badge } from '../../ui/Badge.tsx';
import type { Column } from '../../ui/DataTable.tsx';
import { count } from '../../ui/format.ts';
import { TierName } from '../capacity/TierName.tsx';

export type Server = Outputs['servers']['list']['items'][number];

/** Their links are not discovered: Remix would ask for the route of each, thousands of addresses at once. */
export const columns: Column<Server>[] = [
  { id: 'name', header: 'Server', meta: { sort: 'name' }, cell: ({ row }) => <code>{row.original.name}</code> },
  {
    id: 'site',
    header: 'Site',
    meta: { width: 120, sort: 'site', from: 'sm' },
    cell: ({ row }) => <code>{row.original.site}</code>,
  },
  {
    id: 'cpu',
    header: 'Cores',
    meta: { width: 80, align: 'right', sort: 'cpu' },
    cell: ({ row }) => count(row.original.cpu),
  },
  {
    id: 'ram_gb',
    header: 'GiB',
    meta: { width: 84, align: 'right', sort: 'ram_gb', from: 'sm' },
    cell: ({ row }) => count(row.original.ram_gb),
  },
  {
    id: 'tier',
    header: 'Tier',
    meta: { width: 130, from: 'md' },
    cell: ({ row }) => <TierName tier={row.original.performance_tier} />,
  },
  {
    id: 'status',
    header: 'Status',
    meta: { width: 112, sort: 'status' },
    cell: ({ row }) => (
      <Badge tone={row.original.status === 'online' ? 'good' : 'bad'}>
        {row.original.status === 'online' ? 'Online' : 'Offline'}
      </Badge>
    ),
  },
  {
    id: 'field',
    header: 'Field',
    meta: { from: 'sm' },
    cell: ({ row: { original } }) =>
      original.field_id ? (
        <Link to={`/fields/${original.field_id}`} className="plain" discover="none">
          {original.field_name}
        </Link>
      ) : (
        <span style={{ color: 'var(--ink-soft)' }}>Free</span>
      ),
  },
  {
    id: 'last_seen',
    header: 'Last seen',
    meta: { width: 136, sort: 'last_seen_at', from: 'lg' },
    cell: ({ row }) => <Ago at={row.original.last_seen_at} />,
  },
];
