import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, useState } from 'react';
import type { History } from '../../../server/reports/reports.schema.ts';
import { api } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { FilterSelect } from '../../ui/FilterSelect.tsx';
import { count } from '../../ui/format.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Segments } from '../../ui/Segments.tsx';
import { WhenShown } from '../../ui/WhenShown.tsx';
import { quantity, RESOURCE_CHOICES, type Resource } from '../capacity/capacity.ts';
import type { OrgNode } from '../org/tree.ts';
import { type Day, dayName, daysOf, summaryOf } from './days.ts';

const HistoryChart = lazy(() => import('./HistoryChart.tsx'));
const AS = [
  { value: 'chart', label: 'Chart' },
  { value: 'table', label: 'Table' },
] as const;
const HEIGHT = 220;

const amountColumn = (id: 'capacity' | 'granted' | 'used', header: string): Column<Day> => ({
  id,
  header,
  meta: { align: 'right', width: 120 },
  cell: ({ row }) => count(row.original[id]),
});
const columns: Column<Day>[] = [
  { id: 'day', header: 'Day', cell: ({ row }) => dayName(row.original.day) },
  amountColumn('capacity', 'Total'),
  amountColumn('granted', 'Granted'),
  amountColumn('used', 'Used'),
];

/** Usage over time, of one node or of all that the caller may see: as a chart, or as a table. */
export function UsageHistory({ node }: { node?: Pick<OrgNode, 'level' | 'id'> }) {
  const input = node ? { level: node.level, id: node.id } : {};
  const history = useQuery(api.reports.history.queryOptions(input));
  const [resource, setResource] = useState<Resource>('cpu');
  const [site, setSite] = useState<string>();
  const [as, setAs] = useState<'chart' | 'table'>('chart');
  const sites = [...new Set(history.data?.items.map((row) => row.site))].sort();
  return (
    <Panel
      title="Usage over time"
      actions={
        <Group gap="xs">
          {sites.length > 1 && (
            <FilterSelect
              label="Site"
              any="All sites"
              value={site}
              choices={sites.map((value) => ({ value, label: value }))}
              onChange={setSite}
            />
          )}
          <Segments label="Resource over time" choices={RESOURCE_CHOICES} value={resource} onChange={setResource} />
          <Segments label="Usage shown as" choices={AS} value={as} onChange={setAs} />
          <CsvButton name="usage-over-time" fetchCsv={() => fetchCsv('/reports/history', input)} />
        </Group>
      }
    >
      <Loaded query={history}>{(data) => <Days history={data} resource={resource} site={site} as={as} />}</Loaded>
    </Panel>
  );
}

type DaysProps = { history: History; resource: Resource; site: string | undefined; as: 'chart' | 'table' };

function Days({ history, resource, site, as }: DaysProps) {
  const days = daysOf(history, resource, site);
  const [today] = days;
  if (as === 'table') {
    return (
      <DataTable
        label="Usage by day"
        rows={days.toReversed()}
        columns={columns}
        rowId={({ day }) => day}
        empty={<Empty title="Nothing is known yet" />}
      />
    );
  }
  if (days.length < 2) {
    return (
      <Text c="dimmed">
        {today
          ? `Today ${count(today.used)} of ${quantity(today.capacity, resource)} are used. Every day adds to the picture; it begins tomorrow.`
          : 'Every day adds to the picture, once there is something to count.'}
      </Text>
    );
  }
  return (
    <WhenShown height={HEIGHT}>
      <figure style={{ margin: 0 }} role="img" aria-label={summaryOf(days, resource)}>
        <HistoryChart days={days} resource={resource} height={HEIGHT} />
      </figure>
    </WhenShown>
  );
}
