import { isDeepStrictEqual } from 'node:util';
import { isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import type { PerformanceTier } from '../platform/schema.ts';
import type { SlaType } from '../projects/projects.schema.ts';
import { applyToText, NAMESPACES, type ParsedValues } from './values-text.rules.ts';

/** What the values file says of one namespace. */
export type NamespaceEntry = {
  team_id: string;
  project: string;
  site: string;
  sla: SlaType;
  tier: PerformanceTier;
  cpu: number;
  ram_gb: number;
};

/** Entries by namespace: those that are to be there as given, and those that are to be gone. */
export type ValuesChange = { put: ReadonlyMap<string, NamespaceEntry>; remove: ReadonlySet<string> };

/** The values file cannot be edited safely. The message says what is wrong and where, for whoever has to mend it. */
export class ValuesFileError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ValuesFileError';
  }
}

const MAX_BYTES = 5 * 1024 * 1024;

/**
 * The file's new text; `undefined` is a file that does not exist yet. What the change does not name stays as it is, byte
 * for byte, also what others have added to an entry; a change that is there already leaves all of it so.
 * @throws ValuesFileError when the file is not what it should be; nothing may be written then.
 */
export function editValuesFile(text: string | undefined, change: ValuesChange): string {
  const before = text ?? '';
  const { doc, values } = asHelmReads(before);
  const entries = entriesOf(values);
  const put = [...change.put]
    .map(([name, entry]): [string, Values] => [name, withOthers(entries.get(name), entry)])
    .filter(([name, entry]) => !isDeepStrictEqual(entries.get(name), entry));
  const remove = [...change.remove].filter((name) => entries.has(name));
  if (put.length === 0 && remove.length === 0) return before;

  const after = applyToText(before, doc, new Map(put), new Set(remove));
  const intended = new Map(entries);
  for (const name of remove) intended.delete(name);
  for (const [name, entry] of put) intended.set(name, entry);
  assertOnlyThat(after, values, intended);
  return after;
}

/**
 * The namespaces that the file names, as Helm reads them.
 * @throws ValuesFileError
 */
export const readValuesFile = (text: string | undefined): Map<unknown, unknown> =>
  entriesOf(asHelmReads(text ?? '').values);

type Values = Map<unknown, unknown>;
const mapping = z.union([z.map(z.unknown(), z.unknown()), z.null().transform(() => new Map<unknown, unknown>())]);

/** The entry as it is to be, with what others have added to the one that is there. */
const withOthers = (there: unknown, entry: NamespaceEntry): Values =>
  new Map<unknown, unknown>([...(there instanceof Map ? there : []), ...Object.entries(entry)]);

function entriesOf(values: Values): Values {
  const entries = mapping.safeParse(values.get(NAMESPACES) ?? null);
  if (entries.success) return entries.data;
  throw new ValuesFileError(`\`${NAMESPACES}\` must be a mapping from namespace to entry, and is something else.`);
}

/** Helm reads YAML 1.1, where `on`, `yes` and `true` are one key: what it would not tell apart is refused here. */
function asHelmReads(text: string): { doc: ParsedValues; values: Values } {
  if (Buffer.byteLength(text) > MAX_BYTES) throw new ValuesFileError('It is larger than 5 MB. Split it by {site}.');
  const lines = new LineCounter();
  // Its own search for keys that are there twice takes the square of their number.
  const options = { version: '1.1' as const, lineCounter: lines, prettyErrors: false, uniqueKeys: false };
  const doc = attempt(() => parseDocument(text, options));
  const [error] = doc.errors;
  const wrong = error ? { at: error.pos[0], what: error.message } : keyThatIsThereTwice(doc);
  if (wrong) {
    const { line } = lines.linePos(wrong.at);
    throw new ValuesFileError(`It is not valid YAML as Helm reads it, line ${line}: ${wrong.what}`);
  }
  const values = mapping.safeParse(attempt(() => doc.toJS({ mapAsMap: true }) ?? null));
  if (values.success) return { doc, values: values.data };
  throw new ValuesFileError(`It must be a mapping at its top, such as \`${NAMESPACES}:\`, and is something else.`);
}

/** Helm makes texts of all keys, so that `1` and `"1"` are one as well. */
function keyThatIsThereTwice(doc: ParsedValues): { at: number; what: string } | undefined {
  let found: { at: number; what: string } | undefined;
  visit(doc, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) {
          found = { at: key.range?.[0] ?? 0, what: 'Map keys must be unique' };
          return visit.BREAK;
        }
        seen.add(name);
      }
      return undefined;
    },
  });
  return found;
}

function attempt<T>(parsing: () => T): T {
  try {
    return parsing();
  } catch (cause) {
    const [what] = cause instanceof Error ? cause.message.split('\n') : ['unreadable'];
    throw new ValuesFileError(`It is not valid YAML as Helm reads it: ${what}`, { cause });
  }
}

function assertOnlyThat(after: string, valuesBefore: Values, intended: Values): void {
  const { values: valuesAfter } = asHelmReads(after);
  const others = (values: Values) => new Map([...values].filter(([key]) => key !== NAMESPACES));
  const same =
    isDeepStrictEqual(others(valuesAfter), others(valuesBefore)) && isDeepStrictEqual(entriesOf(valuesAfter), intended);
  if (!same) throw new ValuesFileError('Editing it would change more than intended. Write its entries in block style.');
}
