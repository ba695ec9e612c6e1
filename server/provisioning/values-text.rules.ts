import { type Document, isCollection, isMap, isPair, isScalar, type Pair, type ParsedNode, type YAMLMap } from 'yaml';

export const NAMESPACES = 'namespaces';

export type ParsedValues = Document.Parsed<ParsedNode>;
/** All that an entry is to say, with what others have added to it. */
type Entry = ReadonlyMap<unknown, unknown>;
type Put = ReadonlyMap<string, Entry>;
/** `isLines`: what is put there are whole lines. */
type Splice = { from: number; to: number; text: string; isLines?: true };

/**
 * Puts and removes entries in the text itself, at the places that the parsed document names, because writing the
 * document out again would reflow what others wrote. Only entries in flow style (`{…}`) are left to that.
 */
export function applyToText(text: string, doc: ParsedValues, put: Put, remove: ReadonlySet<string>): string {
  const top = doc.contents;
  if (isMap(top) && top.flow) return rewriteInFlow(doc, put, remove);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const pair = isMap(top) ? pairOf(top, NAMESPACES) : undefined;
  if (!pair) return appendTo(text, `${NAMESPACES}:${eol}${blockOf(put, '  ', eol)}`, eol);
  const map = pair.value;
  if (!isMap(map) || map.items.length === 0) return splice(text, fillEmpty(text, pair, put, eol), eol);
  if (map.flow) return rewriteInFlow(doc, put, remove);
  return splice(text, editBlock(text, map, put, remove, eol), eol);
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === name);
}

/** `namespaces:` with nothing, `null` or `{}` behind it: that goes, and the entries come below. */
function fillEmpty(text: string, pair: Pair, put: Put, eol: string): Splice[] {
  const end = lineEnd(text, endOf(pair));
  const range = rangeOf(pair.value);
  const cut = range && range[1] > range[0] ? [{ from: blankBefore(text, range[0]), to: range[1], text: '' }] : [];
  return [...cut, { from: end, to: end, text: blockOf(put, '  ', eol), isLines: true }];
}

const blankBefore = (text: string, position: number): number => text.slice(0, position).replace(/[ \t]+$/, '').length;

function editBlock(text: string, map: YAMLMap, put: Put, remove: ReadonlySet<string>, eol: string): Splice[] {
  const first = map.items[0];
  const indent = ' '.repeat(first ? columnOf(text, first) : 2);
  const fresh = new Map(put);
  const splices: Splice[] = [];
  for (const pair of map.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    const entry = put.get(name);
    if (!entry && !remove.has(name)) continue;
    fresh.delete(name);
    const inPlace = entry && editEntry(text, pair.value, entry, eol);
    const from = startOf(pair) - columnOf(text, pair);
    const to = lineEnd(text, endOf(pair));
    splices.push(...(inPlace ?? [{ from, to, text: entry ? entryOf(name, entry, indent, eol) : '', isLines: true }]));
  }
  const last = map.items.at(-1);
  const end = last ? lineEnd(text, endOf(last)) : text.length;
  if (fresh.size > 0) splices.push({ from: end, to: end, text: blockOf(fresh, indent, eol), isLines: true });
  return splices;
}

/** Sets just the fields that differ, so that what others wrote beside them stays; undefined where that cannot be done. */
function editEntry(text: string, node: unknown, entry: Entry, eol: string): Splice[] | undefined {
  if (!isMap(node) || node.items.length === 0) return undefined;
  const splices: Splice[] = [];
  for (const { key, value } of node.items) {
    const wanted = isScalar(key) ? entry.get(key.value) : undefined;
    if (!isPlain(wanted) || (isScalar(value) && Object.is(value.value, wanted))) continue;
    const range = isScalar(value) && !value.type?.startsWith('BLOCK') ? rangeOf(value) : undefined;
    if (!range) return undefined;
    const [from, to] = range;
    splices.push({ from, to, text: apart(text, from, to, json(wanted)) });
  }
  return [...splices, ...addFields(text, node, entry, eol)];
}

/** What the entry should have and has not, behind what it has. */
function addFields(text: string, node: YAMLMap, entry: Entry, eol: string): Splice[] {
  const there = new Set(node.items.map(({ key }) => (isScalar(key) ? key.value : undefined)));
  const fields = [...entry].flatMap(([key, value]) => (there.has(key) ? [] : [`${json(key)}: ${json(value)}`]));
  const last = node.items.at(-1);
  if (!last || fields.length === 0) return [];
  const end = endOf(last);
  if (node.flow) return [{ from: end, to: end, text: fields.map((field) => `, ${field}`).join('') }];
  const indent = ' '.repeat(columnOf(text, last));
  const at = lineEnd(text, end);
  return [{ from: at, to: at, text: fields.map((field) => indent + field + eol).join(''), isLines: true }];
}

const isPlain = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

/** A value where there was none stands right behind the colon, and perhaps before a comment. */
const apart = (text: string, from: number, to: number, value: string): string =>
  `${text[from - 1] === ':' ? ' ' : ''}${value}${text[to] === '#' ? ' ' : ''}`;

const json = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (inner instanceof Map ? Object.fromEntries(inner) : inner));

/** All entries as text. Keys and strings are quoted, so that no reader takes `on` or `1e5` for something else. */
const blockOf = (put: Put, indent: string, eol: string): string =>
  [...put].map(([name, entry]) => entryOf(name, entry, indent, eol)).join('');

function entryOf(name: string, entry: Entry, indent: string, eol: string): string {
  const lines = [...entry].map(([key, value]) => `${indent}  ${json(key)}: ${json(value)}`);
  return [`${indent}${JSON.stringify(name)}:`, ...lines].map((line) => line + eol).join('');
}

function splice(text: string, splices: Splice[], eol: string): string {
  const pieces: string[] = [];
  let done = 0;
  for (const { from, to, text: added, isLines } of splices.toSorted((a, b) => a.from - b.from)) {
    pieces.push(text.slice(done, from));
    if (isLines && added && !endsLine(text.slice(0, from))) pieces.push(eol);
    pieces.push(added);
    done = to;
  }
  return pieces.join('') + text.slice(done);
}

const endsLine = (text: string): boolean => text === '' || text.endsWith('\n');
const appendTo = (text: string, added: string, eol: string): string => (endsLine(text) ? text : text + eol) + added;

function rangeOf(node: unknown): [number, number] | undefined {
  if ((isScalar(node) || isCollection(node)) && node.range) return [node.range[0], node.range[1]];
  return undefined;
}

const startOf = (pair: Pair): number => rangeOf(pair.key)?.[0] ?? 0;
const columnOf = (text: string, pair: Pair): number => startOf(pair) - (text.lastIndexOf('\n', startOf(pair) - 1) + 1);

/** Where the last thing that belongs to the pair ends; what a collection's own range ends with is often a comment. */
function endOf(pair: Pair): number {
  const { value } = pair;
  const inner = isCollection(value) && !value.flow ? value.items.at(-1) : undefined;
  if (isPair(inner)) return endOf(inner);
  return rangeOf(inner)?.[1] ?? rangeOf(value)?.[1] ?? rangeOf(pair.key)?.[1] ?? 0;
}

/** The start of the line after the one that holds the character before `position`. */
function lineEnd(text: string, position: number): number {
  if (text[position - 1] === '\n') return position;
  const newline = text.indexOf('\n', position);
  return newline === -1 ? text.length : newline + 1;
}

function rewriteInFlow(doc: ParsedValues, put: Put, remove: ReadonlySet<string>): string {
  for (const name of remove) doc.deleteIn([NAMESPACES, name]);
  for (const [name, entry] of put) doc.setIn([NAMESPACES, name], doc.createNode(JSON.parse(json(entry))));
  return doc.toString({ defaultKeyType: 'QUOTE_DOUBLE', defaultStringType: 'QUOTE_DOUBLE', lineWidth: 0 });
}
