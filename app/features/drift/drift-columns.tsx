import { ActionIcon, Button, Text, VisuallyHidden } from '@mantine/core';
import { Link } from '@remix-run/react';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { Ago } from '../../ui/Ago.tsx';
import { Badge } from '../../ui/Badge.tsx';
import type { Column } from '../../ui/DataTable.tsx';
import { type Finding, KIND } from './words.ts';

type Acts = { open: string | undefined; onOpen: (id: string | undefined) => void; onMend: (finding: Finding) => void };

/** Columns of what differs; each row can be opened to see the values, and mended where that is possible. */
export const columnsFor = ({ open, onOpen, onMend }: Acts): Column<Finding>[] => [
  {
    id: 'what',
    header: 'What differs',
    cell: ({ row: { original } }) => (
      <>
        <Text fw={550}>{KIND[original.kind]}</Text>
        <Text size="xs" c="dimmed">
          {original.message}
        </Text>
      </>
    ),
  },
  {
    id: 'project',
    header: 'Project',
    meta: { width: 100, from: 'md' },
    cell: ({ row: { original } }) => <About finding={original} />,
  },
  { id: 'site', header: 'Site', meta: { width: 110, from: 'md' }, cell: ({ row }) => <code>{row.original.site}</code> },
  {
    id: 'since',
    header: 'Since',
    meta: { width: 130, from: 'sm' },
    cell: ({ row }) => <Ago at={row.original.since} />,
  },
  {
    id: 'mend',
    header: 'Mend',
    meta: { width: 170 },
    cell: ({ row: { original } }) => <Mend finding={original} onMend={onMend} />,
  },
  {
    id: 'more',
    header: () => <VisuallyHidden>Details</VisuallyHidden>,
    meta: { align: 'right', width: 56 },
    cell: ({ row: { original } }) => {
      const isOpen = open === original.id;
      const Chevron = isOpen ? IconChevronDown : IconChevronRight;
      return (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="What was expected and what was found"
          aria-expanded={isOpen}
          onClick={() => onOpen(isOpen ? undefined : original.id)}
        >
          <Chevron size={16} />
        </ActionIcon>
      );
    },
  },
];

function About({ finding: { project_id, team_id } }: { finding: Finding }) {
  if (project_id) return <Link to={`/projects/${project_id}`}>Project</Link>;
  return team_id ? <Link to={`/teams/${team_id}`}>Team</Link> : '–';
}

function Mend({ finding, onMend }: { finding: Finding; onMend: (finding: Finding) => void }) {
  const { mend, mending } = finding;
  if (mending && !mending.done) return <Badge tone="busy">Being mended</Badge>;
  if (mending?.done) return <Badge tone="good">Done</Badge>;
  if (!mend) return <Text c="dimmed">Somebody has to look</Text>;
  return (
    <Button size="compact-sm" variant="default" aria-label={mend.label} onClick={() => onMend(finding)}>
      Mend…
    </Button>
  );
}
