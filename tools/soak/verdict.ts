/** One look at a running InfraHub: numbers by their names. */
export type Sample = { seconds: number; values: Record<string, number> };

type Judged = {
  name: string;
  first: number;
  middle: number;
  last: number;
  /** Growth over the second half, by the line that fits it best, in the quantity's own unit. */
  growth: number;
  /** The growth from which on it counts as a leak. */
  allowed: number;
  isFlat: boolean;
};

/** What a quantity may grow by over the second half: whatever is more of a share of its mean and of so much. */
const TOLERANCE: Record<string, { share: number; atLeast: number }> = {
  heap_mb: { share: 0.05, atLeast: 3 },
  rss_mb: { share: 0.1, atLeast: 15 },
  external_mb: { share: 0.1, atLeast: 3 },
  // A few for each commit that is fetched; Git packs them from 6,700 on (`gc --auto`).
  git_objects: { share: 0, atLeast: 6_700 },
  // As many as there is work under way; what is left of them at rest tells more.
  timers: { share: 1, atLeast: 100 },
};
/** Of things that are counted: open files, connections, jobs, folders. */
const COUNTED = { share: 0.1, atLeast: 3 };

/** Judges each quantity over the second half of the samples, in which caches are full and pools are open. */
export function judge(samples: readonly Sample[]): Judged[] {
  const half = samples.slice(Math.floor(samples.length / 2));
  const [first, middle, last] = [samples[0], half[0], samples.at(-1)];
  if (!first || !middle || !last) return [];
  return Object.keys(first.values).map((name) => {
    const points = half.map(({ seconds, values }) => ({ x: seconds, y: values[name] ?? 0 }));
    const { share, atLeast } = TOLERANCE[name] ?? COUNTED;
    const growth = slope(points) * (last.seconds - middle.seconds);
    const allowed = Math.max(mean(points.map(({ y }) => y)) * share, atLeast);
    const at = (sample: Sample) => sample.values[name] ?? 0;
    return { name, first: at(first), middle: at(middle), last: at(last), growth, allowed, isFlat: growth <= allowed };
  });
}

const MEASURED = new Set([...Object.keys(TOLERANCE).filter((name) => name !== 'timers'), 'temporary_mb']);

/** What is counted and was not given back when the work was over. */
export const leftOpen = (atRest: Record<string, number>, afterwards: Record<string, number>): string[] =>
  Object.keys(atRest).filter(
    (name) => !MEASURED.has(name) && (afterwards[name] ?? 0) > (atRest[name] ?? 0) + COUNTED.atLeast,
  );

/** Of the line through the points with the least squared error. */
function slope(points: readonly { x: number; y: number }[]): number {
  const [mx, my] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const spread = points.reduce((sum, { x }) => sum + (x - mx) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / spread;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The judgement as a table of Markdown. */
export function tableOf(judged: readonly Judged[]): string {
  const n = (value: number) => value.toFixed(value % 1 === 0 ? 0 : 1);
  const rows = judged.map(
    (j) =>
      `| ${j.name} | ${n(j.first)} | ${n(j.middle)} | ${n(j.last)} | ${j.growth.toFixed(1)} | ${j.allowed.toFixed(1)} | ${j.isFlat ? 'flat' : '**grows**'} |`,
  );
  const head =
    '| what | first | at half | last | growth in the second half | allowed | |\n|---|--:|--:|--:|--:|--:|---|';
  return [head, ...rows].join('\n');
}
