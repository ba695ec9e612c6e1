import { Button, Stack, Text, VisuallyHidden } from '@mantine/core';
import { Link } from '@remix-run/react';
import { Fragment, useState } from 'react';
import { z } from 'zod';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { count, plural } from '../../ui/format.ts';
import { Empty } from '../../ui/Notice.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { SitePicker } from '../../ui/SitePicker.tsx';
import { useUrlFilters } from '../../ui/use-url-filters.ts';
import { type Amounts, amountsOf } from '../capacity/amounts.ts';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { RESOURCE_NAME, RESOURCES, type Resource, segmentsOf, UNIT } from '../capacity/capacity.ts';
import type { Usage } from '../capacity/usage.ts';
import { hrefOf, type OrgNode } from '../org/tree.ts';
import { EditQuota } from './EditQuota.tsx';
import { subjectOf } from './quota-change.ts';

type QuotaBoardProps = {
  parent: OrgNode;
  level: 'department' | 'team';
  usage: Usage;
  sites: string[];
  mayEdit: boolean;
};

const filterShape = z.object({ site: z.string().optional() });

/** What a field or department gave to those below it at one site, and how to change it. */
export function QuotaBoard({ parent, level, usage, sites, mayEdit }: QuotaBoardProps) {
  const { filters, set } = useUrlFilters(filterShape);
  const site = filters.site !== undefined && sites.includes(filters.site) ? filters.site : sites[0];
  const [edited, setEdited] = useState<OrgNode>();
  if (site === undefined) return <NothingToGrant parent={parent} />;
  const shares = new Map(parent.children.map((node) => [node.id, amountsOf(node, usage, site)]));
  return (
    <Panel
      flush
      title={`Quotas of ${plural(parent.children.length, level)}`}
      actions={<SitePicker sites={sites} value={site} onChange={(chosen) => set({ site: chosen })} />}
    >
      <DataTable
        label={`Quotas at ${site}`}
        rows={parent.children}
        columns={columnsFor(level, shares, mayEdit ? setEdited : undefined)}
        rowId={(node) => node.id}
        empty={
          <Empty title={`No ${level} yet`}>Create one on the Organisation page; then it can be given a quota.</Empty>
        }
      />
      {edited && (
        <EditQuota
          key={`${edited.id} ${site}`}
          subject={subjectOf(edited, parent, level, site, usage)}
          onClose={() => setEdited(undefined)}
        />
      )}
    </Panel>
  );
}

function NothingToGrant({ parent }: { parent: OrgNode }) {
  return (
    <Panel>
      <Empty title={`${parent.name} has nothing to grant yet`}>
        {parent.level === 'field'
          ? 'A center admin gives it servers on the Servers page.'
          : 'A field admin gives it a quota on the field’s page.'}
      </Empty>
    </Panel>
  );
}

const NOTHING = { capacity: 0, granted: 0, used: 0 };

/** What is told of a share beside its bar: what was granted of it, or, at the bottom, what is used of it. */
const TOLD = {
  department: { of: 'granted', header: 'Granted' },
  team: { of: 'used', header: 'Used' },
} as const;

function columnsFor(
  level: 'department' | 'team',
  shares: Map<string, Amounts>,
  onEdit: ((node: OrgNode) => void) | undefined,
): Column<OrgNode>[] {
  const amountOf = ({ id }: OrgNode, resource: Resource) => shares.get(id)?.[resource] ?? NOTHING;
  // Bars that are to be compared share one.
  const scaleOf = (resource: Resource) =>
    Math.max(...[...shares.values()].map((amounts) => segmentsOf(amounts[resource]).whole));
  const scales = { cpu: scaleOf('cpu'), ram_gb: scaleOf('ram_gb') };
  const barOf = (node: OrgNode, resource: Resource) => (
    <CapacityBar
      label={node.name}
      resource={resource}
      amount={amountOf(node, resource)}
      scale={scales[resource]}
      size="sm"
    />
  );
  const { of, header } = TOLD[level];
  const numbersOf = (node: OrgNode, resource: Resource) => {
    const amount = amountOf(node, resource);
    return `${count(amount[of])} of ${count(amount.capacity)}`;
  };
  const bar = (resource: Resource): Column<OrgNode> => ({
    id: `${resource} bar`,
    header: RESOURCE_NAME[resource],
    meta: { from: 'sm' },
    cell: ({ row }) => barOf(row.original, resource),
  });
  const numbers = (resource: Resource): Column<OrgNode> => ({
    id: `${resource} numbers`,
    header: `${header}, ${UNIT[resource]}`,
    meta: { align: 'right', width: 136, from: 'sm' },
    cell: ({ row }) => numbersOf(row.original, resource),
  });
  const columns: Column<OrgNode>[] = [
    {
      id: 'name',
      header: level === 'team' ? 'Team' : 'Department',
      cell: ({ row: { original } }) => (
        <>
          <Link to={hrefOf(original)} className="plain">
            {original.name}
          </Link>
          <Stack gap={4} mt={4} hiddenFrom="sm">
            {RESOURCES.map((resource) => (
              <Fragment key={resource}>
                {barOf(original, resource)}
                <Text size="xs" c="dimmed">
                  {numbersOf(original, resource)} {UNIT[resource]} {of}
                </Text>
              </Fragment>
            ))}
          </Stack>
        </>
      ),
    },
    ...RESOURCES.flatMap((resource) => [bar(resource), numbers(resource)]),
  ];
  if (!onEdit) return columns;
  const edit: Column<OrgNode> = {
    id: 'edit',
    header: () => <VisuallyHidden>Actions</VisuallyHidden>,
    meta: { align: 'right', width: 104 },
    cell: ({ row: { original } }) => (
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => onEdit(original)}
        aria-label={`Set the quota of ${original.name}`}
      >
        Set…
      </Button>
    ),
  };
  return [...columns, edit];
}
