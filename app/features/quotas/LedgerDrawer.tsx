import { Drawer, Stack, Text } from '@mantine/core';
import { Link } from '@remix-run/react';
import { api, client, type Outputs } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { Ago } from '../../ui/Ago.tsx';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { count, delta } from '../../ui/format.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { useFocusReturn } from '../../ui/use-focus-return.ts';
import { usePages } from '../../ui/use-pages.ts';

type Entry = Outputs['quotas']['explain']['items'][number];

const KIND = { reserve: 'Reserved', adjust: 'Adjusted', release: 'Released' } as const;

const columns: Column<Entry>[] = [
  { id: 'at', header: 'When', meta: { width: 130 }, cell: ({ row }) => <Ago at={row.original.at} /> },
  { id: 'kind', header: 'What', meta: { width: 100 }, cell: ({ row }) => KIND[row.original.kind] },
  {
    id: 'project',
    header: 'Project',
    cell: ({ row: { original } }) => (
      <Link to={`/projects/${original.project_id}`} className="plain">
        <code>{original.project_name ?? original.project_id}</code>
      </Link>
    ),
  },
  { id: 'cpu', header: 'Cores', meta: { align: 'right', width: 90 }, cell: ({ row }) => delta(row.original.cpu) },
  { id: 'ram_gb', header: 'GiB', meta: { align: 'right', width: 90 }, cell: ({ row }) => delta(row.original.ram_gb) },
];

type LedgerDrawerProps = { team: { id: string; name: string }; site: string; onClose: () => void };

/** Every entry that adds up to a team's usage at a site. */
export function LedgerDrawer({ team, site, onClose }: LedgerDrawerProps) {
  useFocusReturn();
  const input = { id: team.id, site, limit: 200 };
  const { query, items, more, first } = usePages(api.quotas.explain.queryKey(input), (cursor, options) =>
    client.quotas.explain.query({ ...input, ...cursor }, options),
  );
  return (
    <Drawer opened onClose={onClose} position="right" size="xl" title={`How ${team.name}’s usage at ${site} adds up`}>
      <Loaded query={query}>
        {() => (
          <Stack>
            <Text className="numbers">
              All entries add up to <b>{count(first?.cpu_used ?? 0)} cores</b> and{' '}
              <b>{count(first?.ram_gb_used ?? 0)} GiB</b> in use.
            </Text>
            <div>
              <CsvButton
                name={`ledger-${site}`}
                fetchCsv={() => fetchCsv(`/teams/${team.id}/quotas/${site}/ledger`, { limit: 200 })}
              />
            </div>
            <DataTable
              label="Ledger"
              rows={items}
              columns={columns}
              rowId={(entry) => entry.id}
              onEnd={more}
              empty={
                <Empty title="No entries yet">The first project of the team at this site makes the first entry.</Empty>
              }
            />
          </Stack>
        )}
      </Loaded>
    </Drawer>
  );
}
