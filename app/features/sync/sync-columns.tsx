import { ActionIcon, VisuallyHidden } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { Ago } from '../../ui/Ago.tsx';
import { Badge } from '../../ui/Badge.tsx';
import type { Column } from '../../ui/DataTable.tsx';
import { count, duration } from '../../ui/format.ts';
import { outcomeOf, type SyncRun, TRIGGER } from './outcome.ts';

/** Of a run from before the new ones were counted, it is not known how many changed. */
const COUNTS = {
  synced: ({ synced }: SyncRun) => synced,
  added: ({ added }: SyncRun) => added,
  changed: ({ updated, added }: SyncRun) => (added === null ? null : updated - added),
  marked_offline: ({ marked_offline }: SyncRun) => marked_offline,
  quarantined: ({ quarantined }: SyncRun) => quarantined,
};

const numbers = (id: keyof typeof COUNTS, header: string): Column<SyncRun> => ({
  id,
  header,
  meta: { align: 'right', width: 104, from: id === 'synced' ? 'sm' : 'md' },
  cell: ({ row }) => {
    const n = COUNTS[id](row.original);
    return n === null ? '–' : count(n);
  },
});

/** Columns of the sync history; a run with more to tell can be opened. */
export const columnsFor = (open: string | undefined, toggle: (id: string) => void): Column<SyncRun>[] => [
  { id: 'started', header: 'Started', meta: { width: 150 }, cell: ({ row }) => <Ago at={row.original.started_at} /> },
  {
    id: 'outcome',
    header: 'Outcome',
    meta: { width: 150 },
    cell: ({ row: { original } }) => {
      const { label, tone } = outcomeOf(original);
      return <Badge tone={tone}>{label}</Badge>;
    },
  },
  {
    id: 'by',
    header: 'Started by',
    meta: { from: 'sm' },
    cell: ({ row: { original } }) =>
      original.trigger === 'schedule' ? TRIGGER.schedule : `${TRIGGER[original.trigger]}, ${original.requested_by}`,
  },
  numbers('synced', 'Seen'),
  numbers('added', 'New'),
  numbers('changed', 'Changed'),
  numbers('marked_offline', 'Gone offline'),
  numbers('quarantined', 'Unusable'),
  {
    id: 'duration',
    header: 'Took',
    meta: { align: 'right', width: 84, from: 'md' },
    cell: ({ row }) => (row.original.duration_ms === null ? '…' : duration(row.original.duration_ms)),
  },
  {
    id: 'more',
    header: () => <VisuallyHidden>Details</VisuallyHidden>,
    meta: { align: 'right', width: 56 },
    cell: ({ row: { original } }) => {
      if (original.error === null && original.quarantined_rows.length === 0) return null;
      const Chevron = open === original.id ? IconChevronDown : IconChevronRight;
      return (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="What happened in this run"
          aria-expanded={open === original.id}
          onClick={() => toggle(original.id)}
        >
          <Chevron size={16} />
        </ActionIcon>
      );
    },
  },
];
