import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { lazy, useState } from 'react';
import { z } from 'zod';
import { syncOutcome } from '../../../server/servers/servers.schema.ts';
import { api, client } from '../../api.ts';
import { useChange } from '../../change.ts';
import { fetchCsv } from '../../download.ts';
import { Ago } from '../../ui/Ago.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { DataTable } from '../../ui/DataTable.tsx';
import { FilterSelect } from '../../ui/FilterSelect.tsx';
import { plural } from '../../ui/format.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import { usePages } from '../../ui/use-pages.ts';
import { useUrlFilters } from '../../ui/use-url-filters.ts';
import { WhenShown } from '../../ui/WhenShown.tsx';
import { OUTCOME, type SyncRun, summaryOf } from './outcome.ts';
import { RunDetail } from './RunDetail.tsx';
import { columnsFor } from './sync-columns.tsx';

const filterShape = z.object({ outcome: syncOutcome.optional() });
const RunsChart = lazy(() => import('./RunsChart.tsx'));
const SHOWN = 48;
const CHART_HEIGHT = 180;
const RUNNING_REFRESH_MS = 1_000;
const CALM_REFRESH_MS = 10_000;

/** When the inventory was read, what came of it, and reading it now. */
export function Sync() {
  const { filters, set } = useUrlFilters(filterShape);
  const input = { ...filters, limit: 100 };
  const { query, items, more, first } = usePages(
    api.admin.syncRuns.queryKey(input),
    (cursor, options) => client.admin.syncRuns.query({ ...input, ...cursor }, options),
    { every: (runs) => (runs[0]?.outcome === 'running' ? RUNNING_REFRESH_MS : CALM_REFRESH_MS) },
  );
  const [open, setOpen] = useState<string>();
  const [confirming, setConfirming] = useState<SyncRun>();
  const run = useChange({
    act: () => client.admin.syncServers.mutate({}),
    done: ({ outcome, synced, updated, added }) =>
      outcome === 'succeeded'
        ? `Read ${plural(synced, 'server')}: ${added ?? 0} new, ${updated - (added ?? 0)} changed.`
        : undefined,
  });
  const waiting = items.find((item) => item.needs_confirmation);
  const next = first?.next_run_at;
  return (
    <Page
      title="Sync"
      description={
        next ? (
          <>
            The inventory is read next <Ago at={next} />.
          </>
        ) : (
          'The inventory is read on a schedule.'
        )
      }
      actions={
        <Button leftSection={<IconRefresh size={16} />} loading={run.pending} onClick={() => run.run(undefined)}>
          Run now
        </Button>
      }
    >
      {run.problem && run.problem.details.run_id === undefined && <ProblemAlert problem={run.problem} />}
      {items[0]?.outcome === 'failed' && (
        <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title="The last run failed">
          {items[0].error}
        </Alert>
      )}
      {waiting && <Waiting run={waiting} onConfirm={() => setConfirming(waiting)} />}
      {items.length > 2 && <RunsPanel runs={items.slice(0, SHOWN).toReversed()} />}
      <Panel
        flush
        title="History"
        actions={
          <Group gap="xs">
            <FilterSelect
              label="Outcome"
              value={filters.outcome}
              choices={syncOutcome.options.map((value) => ({ value, label: OUTCOME[value].label }))}
              onChange={(outcome) => set({ outcome })}
            />
            <CsvButton name="sync-runs" fetchCsv={() => fetchCsv('/admin/sync/runs', { ...filters, limit: 200 })} />
          </Group>
        }
      >
        <Loaded query={query}>
          {() => (
            <DataTable
              label="Sync history"
              rows={items}
              columns={columnsFor(open, (id) => setOpen(open === id ? undefined : id))}
              rowId={(item) => item.id}
              onEnd={more}
              detail={(item) => open === item.id && <RunDetail run={item} />}
              empty={<Empty title="No run yet">Run it now, or wait for the schedule.</Empty>}
            />
          )}
        </Loaded>
      </Panel>
      {confirming && <ConfirmRun run={confirming} onClose={() => setConfirming(undefined)} />}
    </Page>
  );
}

/** The last runs as a picture; the table below it says the same in rows. */
function RunsPanel({ runs }: { runs: SyncRun[] }) {
  return (
    <Panel title={`The last ${runs.length} runs`} hint="What each of them changed, oldest first">
      <WhenShown height={CHART_HEIGHT}>
        <figure style={{ margin: 0 }} role="img" aria-label={summaryOf(runs)}>
          <RunsChart runs={runs} height={CHART_HEIGHT} />
        </figure>
      </WhenShown>
    </Panel>
  );
}

function Waiting({ run, onConfirm }: { run: SyncRun; onConfirm: () => void }) {
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<IconAlertTriangle size={18} />}
      title={`${plural(run.withheld_offline, 'server')} vanished at once`}
    >
      <Group justify="space-between" align="flex-end">
        <Text maw={640}>
          A run did not find them in the inventory. That many at once is rarely true, so nothing was marked offline.
          Look into the inventory first.
        </Text>
        <Button variant="default" onClick={onConfirm}>
          Confirm that they are gone…
        </Button>
      </Group>
    </Alert>
  );
}

function ConfirmRun({ run, onClose }: { run: SyncRun; onClose: () => void }) {
  const act = `Mark up to ${plural(run.withheld_offline, 'server')} offline`;
  const confirm = useChange({
    act: () => client.admin.syncServers.mutate({ confirm_run_id: run.id }),
    done: (done) => `${plural(done.marked_offline, 'server')} went offline.`,
    after: onClose,
  });
  return (
    <ConfirmDialog
      title="Confirm that the servers are gone"
      act={act}
      pending={confirm.pending}
      problem={confirm.problem}
      onConfirm={() => confirm.run(undefined)}
      onClose={onClose}
    >
      <Text>
        The inventory is read again. Servers that are still missing, up to {run.withheld_offline}, are marked offline:
        their fields lose the capacity and may show as over-allocated. Projects keep running, and servers that come back
        are online again with the next run.
      </Text>
    </ConfirmDialog>
  );
}
