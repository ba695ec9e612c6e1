import { type Config, SECRET_SETTINGS } from './config.ts';

/** A shorter one would take words out of every line; what is so short is no secret. */
const SHORTEST = 8;

/** Every secret in the settings, each key of a list by itself, and what of a secret is one by itself. */
export function secretsOf(config: Partial<Config>): string[] {
  return SECRET_SETTINGS.flatMap((name) => {
    const values = [config[name] ?? []].flat().map(String);
    return values.flatMap((value) => [value, ...partsOf(name, value)]);
  });
}

/** The parts of MAAS's key, which is sent in pieces, and the password in an address. */
function partsOf(name: keyof Config, value: string): string[] {
  if (name === 'EXTERNAL_SERVER_API_TOKEN') return value.split(':');
  const password = value.includes('://') ? URL.parse(value)?.password : undefined;
  return password === undefined ? [] : [password, decoded(password)];
}

/** Without the escapes of an address; unlike `decodeURIComponent` it takes what is none as it is. */
const decoded = (text: string): string => new URLSearchParams(`_=${text.replaceAll('+', '%2B')}`).get('_') ?? text;

const CENSOR = '[redacted]';
const KEY = '[\\w-]{0,40}(?:passw(?:or)?d|secret|token|authorization|cookie|credential|api[-_]?key)s?';
/** A quote in JSON that is itself a string in JSON, in a message that quotes a body: `\"`, or `\\\"` a level deeper. */
const QUOTE = '\\\\{1,7}"';

/** What looks like a secret, wherever it is in a line: under a key of JSON at any depth, in an address, in a header. */
const PATTERNS: [RegExp, string][] = [
  [new RegExp(`"(${KEY})":"(?:[^"\\\\]|\\\\.)*"`, 'gi'), `"$1":"${CENSOR}"`],
  [
    new RegExp(`(${QUOTE})(${KEY})\\1\\s*:\\s*\\1(?:[^"\\\\]|\\\\+[^"\\\\]|(?!\\1)\\\\+")*(?:\\1)?`, 'gi'),
    `$1$2$1:$1${CENSOR}$1`,
  ],
  [new RegExp(`("|${QUOTE})(${KEY})\\1\\s*:\\s*\\[[^\\]]{0,2000}\\]`, 'gi'), `$1$2$1:$1${CENSOR}$1`],
  [new RegExp(`([?&]${KEY}=)[^&\\s"\\\\#]+`, 'gi'), `$1${CENSOR}`],
  [/(\/\/)[^/@\s"\\]+@/g, `$1${CENSOR}@`],
  [/\b(Bearer|Basic|Token)\s+[\w.~+/=:-]{8,}/gi, `$1 ${CENSOR}`],
  // Begins where a word does: to begin at each of its `-` would cost the square of a long word's length.
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g, CENSOR],
];

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** How a secret may be spelt in a line of JSON, which may quote JSON. */
const formsOf = (secret: string): string[] => [
  inJson(secret),
  inJson(inJson(secret)),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
];

/**
 * Takes these secrets, and what looks like one, out of a line of the log. The second line of defence; the first is not to
 * log them.
 */
export function createScrub(secrets: readonly string[]): (line: string) => string {
  const known = new Set(secrets.filter((secret) => secret.length >= SHORTEST).flatMap(formsOf));
  // The longest first: one may be part of another.
  const forms = [...known].sort((a, b) => b.length - a.length);
  return (line) => {
    const withoutKnown = forms.reduce((text, form) => text.replaceAll(form, CENSOR), line);
    return PATTERNS.reduce((text, [pattern, instead]) => text.replace(pattern, instead), withoutKnown);
  };
}
