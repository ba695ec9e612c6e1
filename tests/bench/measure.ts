/** One row of the table: a figure for each round, beside its baseline of the same round where there is one. */
export type Measure = {
  what: string;
  unit: string;
  ours: number[];
  /** Figures of the same unit. */
  baseline?: { name: string; figures: number[] };
  /** Of the ratio ours / baseline where there is a baseline, else of our own figure. */
  goal?: { atLeast: number } | { atMost: number };
  /** What a reader has to know beside the figures. */
  note?: string;
};

export type Benchmark = { name: string; run(options: { rounds: number; quick: boolean }): Promise<Measure[]> };

/** Where the figures of the rounds go: ours, and those of what is compared with. */
export const noFigures = (): { ours: number[]; baseline: number[] } => ({ ours: [], baseline: [] });

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** What the goal is set on, round by round. */
const judged = ({ ours, baseline }: Measure): number[] =>
  baseline ? ours.map((figure, round) => figure / (baseline.figures[round] ?? Number.NaN)) : ours;

function isMet({ goal, ...measure }: Measure): boolean | undefined {
  if (!goal) return undefined;
  const middle = median(judged({ ...measure }));
  return 'atLeast' in goal ? middle >= goal.atLeast : middle <= goal.atMost;
}

/** A measure with what follows from it: medians, spread, and whether the goal is met. */
export function summaryOf(measure: Measure) {
  const figures = judged(measure);
  return {
    ...measure,
    median: { ours: median(measure.ours), baseline: measure.baseline && median(measure.baseline.figures) },
    ratio: measure.baseline && {
      median: median(figures),
      lowest: Math.min(...figures),
      highest: Math.max(...figures),
    },
    met: isMet(measure),
  };
}

export type Summary = ReturnType<typeof summaryOf>;

const round = (figure: number): string =>
  figure >= 100 ? Math.round(figure).toLocaleString('en') : figure.toPrecision(figure >= 10 ? 3 : 2);

function cellsOf({ what, unit, median: middle, ratio, goal, met, ours }: Summary): string[] {
  const spread = ratio ? [ratio.lowest, ratio.highest] : [Math.min(...ours), Math.max(...ours)];
  const times = ratio ? ' ×' : ` ${unit}`;
  const wanted = goal && ('atLeast' in goal ? `≥ ${goal.atLeast}${times}` : `≤ ${goal.atMost}${times}`);
  return [
    what,
    `${round(middle.ours)} ${unit}`,
    middle.baseline === undefined ? '–' : `${round(middle.baseline)} ${unit}`,
    ratio ? `${round(ratio.median)} ×` : '–',
    spread.map(round).join(' – '),
    wanted ?? '–',
    met === undefined ? '–' : met ? 'met' : 'NOT MET',
  ];
}

const HEAD = ['what', 'InfraHub', 'baseline', 'ratio', 'spread', 'goal', ''];

/** The one table, as Markdown that is also good to read on a terminal. */
export function tableOf(summaries: Summary[]): string {
  const rows = [HEAD, ...summaries.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const [head, ...body] = rows.map(line);
  return [head, rule, ...body].join('\n');
}
