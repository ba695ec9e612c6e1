/** One series of Prometheus' text format. */
export type Series = { name: string; labels: Record<string, string>; value: number };

/** Every series of a scrape. */
export function parseMetrics(text: string): Series[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      return { name, labels: Object.fromEntries(pairs.map(([, key, text]) => [key, text])), value: Number(value) };
    });
}

/** Reads `/metrics`. */
export async function scrape(url: string): Promise<Series[]> {
  const response = await fetch(`${url}/metrics`);
  return parseMetrics(await response.text());
}

/** The values of a metric whose series have these labels. */
export const valuesOf = (series: Series[], name: string, labels: Record<string, string> = {}): number[] =>
  series
    .filter((one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text))
    .map(({ value }) => value);
