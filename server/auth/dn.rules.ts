/** One attribute of a relative distinguished name, in the form in which two that mean the same are equal. */
type DnAttribute = { type: string; value: string };
/** From the entry upwards; each part has one attribute, rarely several. */
export type Dn = DnAttribute[][];

const ATTRIBUTE_TYPE = / *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*) *= */y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
/** Spaces before a separator do not belong to the value; escaped ones do. */
const PLAIN = /(?:\\.|[^\\",+;<>\0 ]| +(?=[^ ,;+]))*/sy;
const SEPARATOR = / *([,;+])| *$/y;
const ESCAPES = /(?:\\[0-9a-f]{2})+|\\./gis;
const HEX_PAIR = /^\\[0-9a-f]{2}/i;
const SPECIAL = /^[ "#+,;<=>\\]$/;

/** Reads what the sticky pattern matches at `position`, and where it ends. */
function take(pattern: RegExp, text: string, position: number) {
  pattern.lastIndex = position;
  const match = pattern.exec(text);
  return match && { whole: match[0], group: match[1], end: position + match[0].length };
}

/** Hex pairs are bytes of UTF-8; a run of them is decoded together. Undefined when an escape means nothing. */
function withoutEscapes(raw: string): string | undefined {
  let valid = true;
  const value = raw.replace(ESCAPES, (escaped) => {
    const isHex = HEX_PAIR.test(escaped);
    const plain = isHex ? Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString('utf8') : escaped.slice(1);
    valid &&= isHex ? !plain.includes('\uFFFD') : SPECIAL.test(plain);
    return plain;
  });
  return valid ? value : undefined;
}

/**
 * What directories ignore when they compare names: the case of ASCII letters, and the number of spaces. Other letters are
 * left alone, for folding them would make some equal to ASCII ones.
 */
const folded = (value: string): string =>
  value.replace(/ {2,}/g, ' ').replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

function takeAttribute(text: string, position: number): { attribute: DnAttribute; end: number } | undefined {
  const type = take(ATTRIBUTE_TYPE, text, position);
  if (!type?.group || text[type.end] === '#') return undefined; // `#…` is a BER value, of which we read none
  const quoted = take(QUOTED, text, type.end);
  const raw = quoted ?? take(PLAIN, text, type.end);
  if (!raw) return undefined;
  const value = withoutEscapes(quoted ? (quoted.group ?? '') : raw.whole);
  if (value === undefined || value === '') return undefined;
  return { attribute: { type: type.group.toLowerCase(), value: folded(value) }, end: raw.end };
}

/**
 * Reads a distinguished name as RFC 4514 writes it, and as older servers do: quoted values, semicolons, spaces around
 * the signs. Undefined for what is none.
 */
export function parseDn(text: string): Dn | undefined {
  const dn: Dn = [[]];
  for (let position = 0; ; ) {
    const found = takeAttribute(text, position);
    const separator = found && take(SEPARATOR, text, found.end);
    if (!found || !separator) return undefined;
    dn.at(-1)?.push(found.attribute);
    if (separator.group === undefined) return dn;
    if (separator.group !== '+') dn.push([]);
    position = separator.end;
  }
}

const partText = (part: DnAttribute[]): string =>
  JSON.stringify(part.map(({ type, value }) => [type, value]).sort((a, b) => (String(a) < String(b) ? -1 : 1)));

/** Whether both name the same entry. The order within a part with several attributes does not count. */
export const sameDn = (a: Dn, b: Dn): boolean =>
  a.length === b.length && a.every((part, i) => partText(part) === partText(b[i] ?? []));
