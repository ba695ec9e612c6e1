import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { api, client } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { DataTable } from '../../ui/DataTable.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Outdated } from '../../ui/Outdated.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { usePages } from '../../ui/use-pages.ts';
import { useUrlFilters } from '../../ui/use-url-filters.ts';
import { useHolds } from '../auth/permissions.ts';
import { AllocateDialog } from './AllocateDialog.tsx';
import { FilterBar } from './FilterBar.tsx';
import { asked, filterShape } from './filters.ts';
import { ReleaseDialog } from './ReleaseDialog.tsx';
import { SelectionBar } from './SelectionBar.tsx';
import { columns, type Server } from './server-columns.tsx';

const idOf = ({ id }: Server) => id;
const nameOf = ({ name }: Server) => name;

/** The fleet: what is where, whose it is, and giving it away or taking it back. */
export function Servers() {
  const { filters, set, any, clear } = useUrlFilters(filterShape);
  const { sort, direction } = filters;
  const input = { ...asked(filters), sort, direction, limit: 200 };
  const { query, items, more, all, again, hasMore, outdated } = usePages(
    api.servers.list.queryKey(input),
    (cursor, options) => client.servers.list.query({ ...input, ...cursor }, options),
  );
  const [chosen, setChosen] = useState<Record<string, boolean>>({});
  const [dialog, setDialog] = useState<'allocate' | 'release'>();
  const mayAllocate = useHolds()('servers.allocate');
  const servers = useMemo(() => items.filter(({ id }) => chosen[id]), [items, chosen]);
  const finish = () => {
    setDialog(undefined);
    setChosen({});
  };
  const total = useQuery(api.servers.facets.queryOptions(asked(filters))).data?.total ?? items.length;
  const chooseAll = useMutation({
    mutationFn: all,
    onSuccess: (everything) => setChosen(Object.fromEntries(everything.map(({ id }) => [id, true]))),
  });
  const [first] = servers;
  return (
    <Page
      wide
      title="Servers"
      description="Every machine that the inventory names, and the field it is given to."
      actions={<CsvButton name="servers" fetchCsv={() => fetchCsv('/servers', input)} />}
    >
      <FilterBar filters={filters} onChange={set} />
      <Panel flush>
        {outdated && <Outdated onRefresh={again} />}
        <Loaded query={query}>
          {() => (
            <DataTable
              label="Servers"
              rows={items}
              columns={columns}
              rowId={idOf}
              rowName={nameOf}
              sorting={{ by: sort, direction, onChange: (by, towards) => set({ sort: by, direction: towards }) }}
              {...(mayAllocate && { selection: { chosen, onChange: setChosen } })}
              onEnd={more}
              empty={<NoServers filtered={any} onClear={clear} />}
            />
          )}
        </Loaded>
      </Panel>
      {servers.length > 0 && (
        <SelectionBar
          servers={servers}
          {...(hasMore &&
            servers.length === items.length && {
              all: { count: total, pending: chooseAll.isPending, onChoose: () => chooseAll.mutate() },
            })}
          onAllocate={() => setDialog('allocate')}
          onRelease={() => setDialog('release')}
          onClear={() => setChosen({})}
        />
      )}
      {dialog === 'allocate' && (
        <AllocateDialog servers={servers} onClose={() => setDialog(undefined)} onDone={finish} />
      )}
      {dialog === 'release' && first?.field_id && (
        <ReleaseDialog
          field={{ id: first.field_id, name: first.field_name ?? '' }}
          servers={servers}
          onClose={() => setDialog(undefined)}
          onDone={finish}
        />
      )}
    </Page>
  );
}

function NoServers({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return filtered ? (
    <Empty
      title="No server matches"
      action={
        <Button variant="default" onClick={onClear}>
          Clear the filters
        </Button>
      }
    />
  ) : (
    <Empty title="No servers yet">They come from the inventory; the Sync page tells when it was read last.</Empty>
  );
}
