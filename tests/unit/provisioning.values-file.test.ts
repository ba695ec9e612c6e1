import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  editValuesFile,
  type NamespaceEntry,
  readValuesFile,
  ValuesFileError,
} from '../../server/provisioning/values-file.rules.ts';

const entry = (project: string, over: Partial<NamespaceEntry> = {}): NamespaceEntry => ({
  team_id: 't1',
  project,
  site: 'haifa',
  sla: 'gold',
  tier: 'regular',
  cpu: 8,
  ram_gb: 32,
  ...over,
});

const put = (...names: string[]) => ({
  put: new Map(names.map((name) => [`t1-${name}`, entry(name)])),
  remove: new Set<string>(),
});
const remove = (...names: string[]) => ({
  put: new Map<string, NamespaceEntry>(),
  remove: new Set(names.map((name) => `t1-${name}`)),
});

const API = `  "t1-api":
    "team_id": "t1"
    "project": "api"
    "site": "haifa"
    "sla": "gold"
    "tier": "regular"
    "cpu": 8
    "ram_gb": 32
`;

test.each([
  ['no file', undefined, `namespaces:\n${API}`],
  ['an empty file', '', `namespaces:\n${API}`],
  ['only comments', '# ours\n', `# ours\nnamespaces:\n${API}`],
  ['other keys, and no newline at the end', 'image: "x"', `image: "x"\nnamespaces:\n${API}`],
  ['an empty key', 'namespaces:\nimage: x\n', `namespaces:\n${API}image: x\n`],
  ['null', 'namespaces: null # none yet\nimage: x\n', `namespaces: # none yet\n${API}image: x\n`],
  ['{}', 'namespaces: {}\n', `namespaces:\n${API}`],
])('the first entry goes below `namespaces`: %s', (_, before, after) => {
  expect(editValuesFile(before, put('api'))).toBe(after);
});

const SHARED = `# Who changes this by hand: tell the platform team
global:
    registry:   "harbor"   # aligned on purpose
    flags: { a: 1,b: 2 }

namespaces:
  # the oldest of all

  t1-old:   # do not touch
    team_id: t1
    cpu:   4
    notes: |
      free text

  t1-api: {team_id: t1}
  # belongs to nobody

# the end
tail: [1,  2]
`;

test('what is not named stays byte for byte where it is', () => {
  const after = editValuesFile(SHARED, put('new'));
  const added = API.replaceAll('api', 'new');
  expect(after).toBe(SHARED.replace('  t1-api: {team_id: t1}\n', (line) => line + added));
});

test('of an entry with other numbers just those are set; comments, order and what others added stay', () => {
  const theirs = `namespaces:
  # the payment people
  t1-api: # ask Dana first
    cpu: 64   # for the fair
    labels: {cost: b}
    # by hand
    ram_gb: "32" # a text
    'site': haifa
    team_id: t2
    sla:
    tier: regular
    notes: |
      free text
  t1-web: {}
`;
  expect(editValuesFile(theirs, put('api'))).toBe(`namespaces:
  # the payment people
  t1-api: # ask Dana first
    cpu: 8   # for the fair
    labels: {cost: b}
    # by hand
    ram_gb: 32 # a text
    'site': haifa
    team_id: "t1"
    sla: "gold"
    tier: regular
    notes: |
      free text
    "project": "api"
  t1-web: {}
`);
});

test('so is an entry in flow style', () => {
  const theirs = 'namespaces:\n  t1-api: {team_id: t1, cpu: 1, mine: [1,  2],} # theirs\n';
  expect(editValuesFile(theirs, put('api'))).toBe(
    'namespaces:\n  t1-api: {team_id: t1, cpu: 8, mine: [1,  2], "project": "api", "site": "haifa", "sla": "gold", "tier": "regular", "ram_gb": 32,} # theirs\n',
  );
});

test.each([
  ['no mapping', '  t1-api: gone\n', API],
  ['empty', '  t1-api: {}\n', API],
  [
    'of another shape',
    '  t1-api:\n    cpu: [8]\n    mine: {a: {b: 1}}\n',
    '  "t1-api":\n    "cpu": 8\n    "mine": {"a":{"b":1}}\n    "team_id": "t1"\n    "project": "api"\n    "site": "haifa"\n    "sla": "gold"\n    "tier": "regular"\n    "ram_gb": 32\n',
  ],
])('an entry that is %s is written anew, with what others added', (_, theirs, ours) => {
  expect(editValuesFile(`namespaces:\n${theirs}# end\n`, put('api'))).toBe(`namespaces:\n${ours}# end\n`);
});

test('an entry with all that it should have is not touched, whatever others added to it', () => {
  const text = `namespaces:\n${API}    mine: 1 # theirs\n`;
  expect(editValuesFile(text, put('api'))).toBe(text);
});

test('a removed entry takes its own lines with it and no comment of others', () => {
  expect(editValuesFile(SHARED, remove('api'))).toBe(SHARED.replace('  t1-api: {team_id: t1}\n', ''));
  const block = SHARED.slice(SHARED.indexOf('  t1-old'), SHARED.indexOf('\n  t1-api'));
  expect(editValuesFile(SHARED, remove('old'))).toBe(SHARED.replace(block, ''));
});

test('put and remove in one change', () => {
  const change = { put: put('api').put, remove: remove('old').remove };
  expect([...readValuesFile(editValuesFile(SHARED, change)).keys()]).toEqual(['t1-api']);
});

test('a change that is there already leaves the text as it is', () => {
  const once = editValuesFile(SHARED, put('api', 'web'));
  expect(editValuesFile(once, put('web', 'api'))).toBe(once);
  expect(editValuesFile(once, remove('unknown'))).toBe(once);
  expect(editValuesFile(undefined, remove('unknown'))).toBe('');
});

test('the last entry can go, and another come', () => {
  const empty = editValuesFile(`namespaces:\n${API}# end\n`, remove('api'));
  expect(empty).toBe('namespaces:\n# end\n');
  expect(editValuesFile(empty, put('api'))).toBe(`namespaces:\n${API}# end\n`);
});

test('Windows line ends and a deeper indent are kept', () => {
  const after = editValuesFile('namespaces:\r\n    a:\r\n        cpu: 1\r\nb: 2\r\n', put('api'));
  expect(after).toMatch(/^namespaces:\r\n {4}a:\r\n {8}cpu: 1\r\n {4}"t1-api":\r\n {6}"team_id": "t1"\r\n/);
  expect(after).not.toMatch(/[^\r]\n/);
  expect(after.endsWith('"ram_gb": 32\r\nb: 2\r\n')).toBe(true);
});

test('entries in flow style are edited as well', () => {
  const after = editValuesFile('{"namespaces": {"a": {"cpu": 1}}, "other": true}', put('api'));
  expect(parse(after)).toEqual({ namespaces: { a: { cpu: 1 }, 't1-api': entry('api') }, other: true });
});

test.each([
  ['conflict markers', 'a: 1\n<<<<<<< HEAD\nnamespaces:\n=======\n', /line 2/],
  ['a duplicate key', 'namespaces:\n  a: {}\n  a: {}\n', /line 3/],
  ['two keys that Helm takes for one', 'namespaces:\n  on: {}\n  yes: {}\n', /Helm/],
  ['a key as a number and as a text', 'namespaces:\n  1: {}\n  "1": {}\n', /line 3/],
  ['a duplicate key further down', 'a:\n  - b: {c: 1, c: 2}\n', /line 2/],
  ['a list at the top', '- a\n', /mapping at its top/],
  ['a list of namespaces', 'namespaces:\n  - a\n', /mapping from namespace to entry/],
  ['a text for namespaces', 'namespaces: none\n', /mapping from namespace to entry/],
  ['two documents', 'a: 1\n---\nb: 2\n', /not valid YAML/],
  ['a tab', 'namespaces:\n\ta: 1\n', /line 2/],
  ['an unknown alias', 'namespaces: *nowhere\n', /not valid YAML/],
  ['an end of the document', 'a: 1\n...\n', /./],
  ['more than 5 MB', `# ${'x'.repeat(5 * 1024 * 1024)}\n`, /5 MB/],
])('%s: refused, in words', (_, text, words) => {
  expect(() => editValuesFile(text, put('api'))).toThrow(ValuesFileError);
  expect(() => editValuesFile(text, put('api'))).toThrow(words);
});

test('an alias bomb and a deep nest are refused, not run', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefg'[i]}`).join()}]`)
    .join('\n')}\n`;
  expect(() => editValuesFile(bomb, put('api'))).toThrow(ValuesFileError);
  expect(() => editValuesFile(`a: ${'['.repeat(20_000)}`, put('api'))).toThrow(ValuesFileError);
});

test('an anchor that others use does not vanish with its entry', () => {
  const text = 'namespaces:\n  t1-api: &x\n    cpu: 1\n  t1-web: *x\n';
  expect(() => editValuesFile(text, remove('api'))).toThrow(ValuesFileError);
});

const TRICKY = [
  'on',
  'yes',
  'no',
  'off',
  'y',
  'true',
  'null',
  '1e5',
  '007',
  '0b1',
  '0x1f',
  '2026-01-01',
  '1_000',
  '12-30',
];
const name = fc.oneof(fc.constantFrom(...TRICKY), fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8})?$/));
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 8 });
const comment = fc.stringMatching(/^#[ -~]{0,20}$/);

test('whatever the names, Helm reads back just the entries that were put', () => {
  fc.assert(
    fc.property(names, names, (first, second) => {
      const text = editValuesFile(editValuesFile(undefined, put(...first)), put(...second));
      const read: unknown = parse(text, { version: '1.1' });
      const all = [...new Set([...first, ...second])];
      expect(read).toEqual({ namespaces: Object.fromEntries(all.map((n) => [`t1-${n}`, entry(n)])) });
    }),
  );
});

test('putting and removing again gives back the very same bytes, comments and all', () => {
  const line = fc.oneof(comment, fc.constant(''));
  fc.assert(
    fc.property(
      names,
      names,
      fc.array(line, { maxLength: 4 }),
      fc.array(line, { maxLength: 4 }),
      (theirs, ours, above, below) => {
        const fresh = ours.filter((n) => !theirs.includes(n));
        const entries = theirs.flatMap((n) => [
          ...above.map((l) => (l ? `  ${l}` : l)),
          `  "t1-${n}": {  cpu: 1 } # theirs`,
        ]);
        const before = [...above, 'namespaces:', ...entries, ...below, 'other:   1', ...below, ''].join('\n');
        const after = editValuesFile(before, put(...fresh));
        expect([...readValuesFile(after).keys()]).toEqual([...theirs, ...fresh].map((n) => `t1-${n}`));
        expect(editValuesFile(after, remove(...fresh))).toBe(before);
      },
    ),
  );
});
