type Values = Record<string, unknown> | null;

/** One value that an act changed; undefined where it was not there. */
export type ValueChange = { name: string; before: string | undefined; after: string | undefined };

const shown = (value: unknown): string | undefined => {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** What differs between before and after, in the order of the names. */
export function changesOf(before: Values, after: Values): ValueChange[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort();
  return names
    .map((name) => ({ name, before: shown(before?.[name]), after: shown(after?.[name]) }))
    .filter((change) => change.before !== change.after);
}
