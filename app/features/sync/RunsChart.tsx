import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { exactTime } from '../../ui/format.ts';
import type { SyncRun } from './outcome.ts';

const SERIES = [
  { name: 'updated', label: 'New or changed', color: 'var(--focus)' },
  { name: 'marked_offline', label: 'Gone offline', color: 'var(--status-bad)' },
  { name: 'quarantined', label: 'Unusable', color: 'var(--status-warn)' },
];

/** What each run brought, oldest first; a failed run brought nothing and is marked. */
export default function RunsChart({ runs, height }: { runs: SyncRun[]; height: number }) {
  return (
    <BarChart
      h={height}
      data={runs.map((run) => ({ ...run, at: exactTime(run.started_at) }))}
      dataKey="at"
      type="stacked"
      series={SERIES}
      referenceLines={runs
        .filter(({ outcome }) => outcome === 'failed')
        .map(({ started_at }) => ({ x: exactTime(started_at), color: 'var(--status-bad)', label: 'Failed' }))}
      withLegend
      legendProps={{ verticalAlign: 'bottom' }}
      barChartProps={{ margin: { top: 8 } }}
      xAxisProps={{ tick: false, height: 6 }}
      yAxisProps={{ width: 40, allowDecimals: false }}
      barProps={{ isAnimationActive: false, maxBarSize: 24 }}
      tooltipAnimationDuration={0}
    />
  );
}
