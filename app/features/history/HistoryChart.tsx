import '@mantine/charts/styles.css';
import { AreaChart } from '@mantine/charts';
import { count } from '../../ui/format.ts';
import { type Resource, UNIT } from '../capacity/capacity.ts';
import { type Day, dayName } from './days.ts';

const SERIES = [
  { name: 'capacity', label: 'Total', color: 'var(--capacity-line)', strokeDasharray: '4 3' },
  { name: 'granted', label: 'Granted', color: 'var(--capacity-granted)' },
  { name: 'used', label: 'Used', color: 'var(--capacity-used)' },
];
const OPACITY: Record<string, number> = { capacity: 0, granted: 1, used: 1 };

type HistoryChartProps = { days: Day[]; resource: Resource; height: number };

/** Day by day, in the house's capacity scale. */
export default function HistoryChart({ days, resource, height }: HistoryChartProps) {
  return (
    <AreaChart
      h={height}
      data={days.map((day) => ({ ...day, day: dayName(day.day) }))}
      dataKey="day"
      series={SERIES}
      curveType="stepAfter"
      withDots={false}
      withGradient={false}
      fillOpacity={1}
      withLegend
      legendProps={{ verticalAlign: 'bottom', height: 34 }}
      strokeWidth={1.5}
      areaProps={({ name }) => ({ fillOpacity: OPACITY[name] ?? 0, isAnimationActive: false })}
      valueFormatter={(value) => `${count(value)} ${UNIT[resource]}`}
      areaChartProps={{ margin: { top: 8 } }}
      xAxisProps={{ minTickGap: 24 }}
      yAxisProps={{ width: 86, domain: [0, 'auto'] }}
      tooltipAnimationDuration={0}
    />
  );
}
