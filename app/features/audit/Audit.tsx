import { ActionIcon, Button, Group, TextInput, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconUserOff } from '@tabler/icons-react';
import { useState } from 'react';
import { z } from 'zod';
import type { AuditEvent } from '../../../server/audit/audit.schema.ts';
import { api, client } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { Ago } from '../../ui/Ago.tsx';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { FilterSelect } from '../../ui/FilterSelect.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Outdated } from '../../ui/Outdated.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { SearchInput } from '../../ui/SearchInput.tsx';
import { usePages } from '../../ui/use-pages.ts';
import { useUrlFilters } from '../../ui/use-url-filters.ts';
import { useHolds } from '../auth/permissions.ts';
import { useEndSessions } from '../sessions/end-sessions.ts';
import { EventDetail } from './EventDetail.tsx';
import { describe, TARGET_NAME } from './words.ts';

const filterShape = z.object({
  actor: z.string().max(256).optional(),
  target_type: z.string().max(50).optional(),
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  direction: z.enum(['asc', 'desc']).default('desc'),
});

/** The day's start, here, as the API takes it; `days` later, to end after a day. */
function dayStart(day: string | undefined, days = 0): string | undefined {
  if (day === undefined) return undefined;
  const at = new Date(`${day}T00:00:00`);
  at.setDate(at.getDate() + days);
  return at.toISOString();
}

/** Who did what, when, from which request. */
export function Audit() {
  const { filters, set, any, clear } = useUrlFilters(filterShape);
  const asked = { ...filters, from: dayStart(filters.from), to: dayStart(filters.to, 1), limit: 200 };
  const { query, items, more, again, outdated } = usePages(api.audit.list.queryKey(asked), (cursor, options) =>
    client.audit.list.query({ ...asked, ...cursor }, options),
  );
  const [open, setOpen] = useState<string>();
  const mayEnd = useHolds()('sessions.revoke');
  return (
    <Page
      title="Audit"
      description="Who did what, when, from which request."
      actions={<CsvButton name="audit" fetchCsv={() => fetchCsv('/audit', asked)} />}
    >
      <Group gap="xs">
        <SearchInput label="Who (exact user name)" value={filters.actor} onChange={(actor) => set({ actor })} />
        <FilterSelect
          label="On what"
          value={filters.target_type}
          choices={Object.entries(TARGET_NAME).map(([value, label]) => ({ value, label }))}
          onChange={(target_type) => set({ target_type })}
        />
        <Day label="From" value={filters.from} onChange={(from) => set({ from })} />
        <Day label="To" value={filters.to} onChange={(to) => set({ to })} />
        {filters.actor && mayEnd && !filters.actor.includes(':') && (
          <Button
            variant="default"
            leftSection={<IconUserOff size={16} />}
            onClick={() => useEndSessions.setState({ open: true, username: filters.actor?.toLowerCase() })}
          >
            End sessions of {filters.actor}…
          </Button>
        )}
      </Group>
      <Panel flush>
        {outdated && <Outdated onRefresh={again} />}
        <Loaded query={query}>
          {() => (
            <DataTable
              label="Audit events"
              rows={items}
              columns={columnsFor({ open, setOpen, onActor: (actor) => set({ actor }) })}
              rowId={(event) => event.id}
              sorting={{ by: 'at', direction: filters.direction, onChange: (_, direction) => set({ direction }) }}
              onEnd={more}
              detail={(event) => open === event.id && <EventDetail event={event} />}
              empty={
                any ? (
                  <Empty
                    title="No event matches"
                    action={
                      <Button variant="default" onClick={clear}>
                        Clear the filters
                      </Button>
                    }
                  />
                ) : (
                  <Empty title="Nothing has happened yet">Every change to what you may see is kept here.</Empty>
                )
              }
            />
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}

type DayProps = { label: string; value: string | undefined; onChange: (day: string | undefined) => void };

function Day({ label, value, onChange }: DayProps) {
  return (
    <TextInput
      type="date"
      aria-label={label}
      leftSection={label}
      leftSectionWidth={52}
      w={{ base: '100%', xs: 190 }}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}

type Acts = { open: string | undefined; setOpen: (id: string | undefined) => void; onActor: (actor: string) => void };

const columnsFor = ({ open, setOpen, onActor }: Acts): Column<AuditEvent>[] => [
  { id: 'at', header: 'When', meta: { width: 140, sort: 'at' }, cell: ({ row }) => <Ago at={row.original.at} /> },
  {
    id: 'actor',
    header: 'Who',
    meta: { width: 180, from: 'sm' },
    cell: ({ row: { original } }) => (
      <UnstyledButton
        className="plain"
        title={`Only what ${original.actor} did`}
        onClick={() => onActor(original.actor)}
      >
        <code>{original.actor}</code>
      </UnstyledButton>
    ),
  },
  { id: 'what', header: 'What', cell: ({ row: { original } }) => <What event={original} /> },
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
          aria-label="What was changed"
          aria-expanded={isOpen}
          onClick={() => setOpen(isOpen ? undefined : original.id)}
        >
          <Chevron size={16} />
        </ActionIcon>
      );
    },
  },
];

function What({ event }: { event: AuditEvent }) {
  const { act, target, outcome } = describe(event);
  return (
    <>
      {act} {target && <b>{target}</b>} {outcome}
    </>
  );
}
