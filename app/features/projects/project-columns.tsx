import { VisuallyHidden } from '@mantine/core';
import { Link } from '@remix-run/react';
import type { Project } from '../../../server/projects/projects.schema.ts';
import { Ago } from '../../ui/Ago.tsx';
import { Badge } from '../../ui/Badge.tsx';
import type { Column } from '../../ui/DataTable.tsx';
import { count } from '../../ui/format.ts';
import type { Resource } from '../capacity/capacity.ts';
import { TierName } from '../capacity/TierName.tsx';
import { gaveBack, STATUS } from './status.ts';
import { SLA_NAME } from './words.ts';

/** What of the team's quota a project holds; one that gave it back holds nothing, whatever its size is. */
function Held({ project, resource }: { project: Project; resource: Resource }) {
  if (!gaveBack(project.status)) return count(project[resource]);
  return (
    <span title="It holds nothing of the quota">
      <span aria-hidden>–</span>
      <VisuallyHidden>none</VisuallyHidden>
    </span>
  );
}

/** Their links are not discovered: Remix would ask for the route of each, thousands of addresses at once. */
export const columns: Column<Project>[] = [
  {
    id: 'name',
    header: 'Project',
    meta: { sort: 'name' },
    cell: ({ row: { original } }) => (
      <Link to={`/projects/${original.id}`} className="plain" discover="none" prefetch="intent">
        <code>{original.name}</code>
      </Link>
    ),
  },
  {
    id: 'status',
    header: 'Status',
    meta: { width: 150 },
    cell: ({ row: { original } }) => <Badge tone={STATUS[original.status].tone}>{STATUS[original.status].label}</Badge>,
  },
  {
    id: 'team',
    header: 'Team',
    meta: { from: 'sm' },
    cell: ({ row: { original } }) => (
      <Link to={`/teams/${original.team_id}`} className="plain" discover="none">
        {original.team_name}
      </Link>
    ),
  },
  { id: 'site', header: 'Site', meta: { width: 110, from: 'sm' }, cell: ({ row }) => <code>{row.original.site}</code> },
  { id: 'sla', header: 'SLA', meta: { width: 80, from: 'md' }, cell: ({ row }) => SLA_NAME[row.original.sla_type] },
  {
    id: 'tier',
    header: 'Tier',
    meta: { width: 120, from: 'md' },
    cell: ({ row }) => <TierName tier={row.original.performance_tier} />,
  },
  {
    id: 'cpu',
    header: 'Cores',
    meta: { align: 'right', width: 74, from: 'md' },
    cell: ({ row }) => <Held project={row.original} resource="cpu" />,
  },
  {
    id: 'ram_gb',
    header: 'GiB',
    meta: { align: 'right', width: 74, from: 'md' },
    cell: ({ row }) => <Held project={row.original} resource="ram_gb" />,
  },
  {
    id: 'created_at',
    header: 'Created',
    meta: { width: 140, sort: 'created_at', from: 'lg' },
    cell: ({ row }) => <Ago at={row.original.created_at} />,
  },
];

export const columnsOfOneTeam = columns.filter(({ id }) => id !== 'team');
