import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArgoApplication } from '../../server/adapters/argocd/argocd.port.ts';
import { compare, counterDifferences } from '../../server/drift/compare.rules.ts';
import {
  type KnownProject,
  type Listing,
  listingOf,
  placesOf,
  type Seen,
  whyUnreliable,
} from '../../server/drift/drift.rules.ts';
import { entryOf, ourEntry, printable } from '../../server/drift/entry.rules.ts';
import { changeFor, mendMessage, sparingOthers } from '../../server/drift/mend.rules.ts';
import { projectStatus } from '../../server/projects/projects.schema.ts';
import { editValuesFile, readValuesFile } from '../../server/provisioning/values-file.rules.ts';

const TARGETS = { valuesPath: 'values.yaml', application: 'tenants' };
const BY_SITE = { valuesPath: 'sites/{site}.yaml', application: 'tenants-{site}' };
const TEAM = '3f0c5f0a-0a51-4a6e-9f0e-7f6d3f2f9a11';

const project = (over: Partial<KnownProject> = {}): KnownProject => ({
  id: '9d5a52a0-8f0b-4c4b-9d2e-3a2f0a9f3b77',
  teamId: TEAM,
  name: 'api',
  namespace: `${TEAM}-api`,
  site: 'haifa',
  sla: 'bronze',
  tier: 'regular',
  cpu: 2,
  ramGb: 4,
  status: 'active',
  isMoving: false,
  ...over,
});
const byNamespace = (projects: KnownProject[]) => new Map(projects.map((p) => [p.namespace, p]));
const entriesOf = (text: string) =>
  new Map([...readValuesFile(text)].map(([name, entry]): [string, unknown] => [String(name), entry]));
const listing = (present: string[] = [], strays: string[] = []): Listing => ({
  present: new Set([...present, ...strays]),
  strays: new Set(strays),
});

/** What is seen with this values file, and in the cluster if a listing is given. */
const seen = (projects: KnownProject[], text: string, listed?: Listing): Seen => ({
  targets: TARGETS,
  places: placesOf(TARGETS, []),
  projects: byNamespace(projects),
  files: new Map([['values.yaml', entriesOf(text)]]),
  listings: new Map(listed ? [['tenants', listed]] : []),
});
const fileOf = (projects: KnownProject[]): string =>
  editValuesFile('namespaces:\n', {
    put: new Map(projects.map((p) => [p.namespace, entryOf(p)])),
    remove: new Set(),
  });
const kinds = (of: Seen) => compare(of).map((found) => found.kind);

const someProject = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    cpu: fc.integer({ min: 1, max: 16 }),
    status: fc.constantFrom(...projectStatus.options),
    isMoving: fc.boolean(),
  })
  .map((over) => project({ ...over, namespace: `${TEAM}-${over.name}` }));
const someProjects = fc.uniqueArray(someProject, { selector: (p) => p.name });
const isWanted = (p: KnownProject) => p.status === 'active' || p.status === 'updating';

describe('for any projects', () => {
  test('a file and a cluster that are as they should be differ in nothing', () => {
    fc.assert(
      fc.property(someProjects, (projects) => {
        const there = projects.filter(isWanted);
        const all = there.map((p) => p.namespace);
        expect(compare(seen(projects, fileOf(there), listing(all)))).toEqual([]);
      }),
    );
  });

  test('and any file, once everything that can be mended is, nothing is left to mend, and what others wrote is there', () => {
    fc.assert(
      fc.property(someProjects, someProjects, (projects, written) => {
        const text = `# first\n${fileOf(written)}  by-hand: {note: 1} # mine\nother: 1\n`;
        const found = compare(seen(projects, text));
        const change = changeFor(found, byNamespace(projects), TARGETS);
        const mended = editValuesFile(text, sparingOthers(text, change));
        expect(compare(seen(projects, mended)).filter((left) => left.mend !== null)).toEqual([]);
        expect(mended).toMatch(/^# first\n.*other: 1\n$/s);
        expect(mended).toContain('  by-hand: {note: 1} # mine\n');
      }),
    );
  });

  test('any file and any cluster, nothing is said of a project that something goes on with', () => {
    fc.assert(
      fc.property(someProjects, someProjects, fc.subarray(['a', 'b', 'c', 'd']), (projects, written, strays) => {
        const moving = projects.map((p) => ({ ...p, isMoving: true }));
        const listed = listing(
          [],
          strays.map((name) => `${TEAM}-${name}`),
        );
        const named = compare(seen(moving, fileOf(written), listed)).map((found) => found.namespace_name);
        expect(named.filter((name) => moving.some((p) => p.namespace === name))).toEqual([]);
      }),
    );
  });
});

describe('namespaces', () => {
  const { namespace } = project();
  test.each<[string, KnownProject[], string, Listing, string[]]>([
    ['missing', [project()], fileOf([project()]), listing(), ['namespace_missing']],
    ['missing together with its entry: the entry comes first', [project()], '', listing(), ['project_without_entry']],
    [
      'that Git does not want, of a lost entry: it is to stay',
      [project()],
      '',
      listing([], [namespace]),
      ['project_without_entry'],
    ],
    ['that nobody has', [], '', listing([], ['ghost']), ['namespace_unexpected']],
    ['that Git wants for other reasons', [], '', listing(['monitoring']), []],
    [
      'of an entry without a project: the entry comes first',
      [],
      fileOf([project()]),
      listing([namespace]),
      ['entry_without_project'],
    ],
    ['of a failed project', [project({ status: 'failed' })], '', listing([], [namespace]), ['namespace_unexpected']],
    ['of a project that is moving', [project({ isMoving: true })], '', listing([], [namespace]), []],
  ])('%s', (_, projects, text, listed, expected) => {
    expect(kinds(seen(projects, text, listed))).toEqual(expected);
  });

  test('are not judged where the file that would explain them was not read', () => {
    const { files: _, ...rest } = seen([project()], '', listing([], ['ghost']));
    expect(compare({ ...rest, files: new Map() })).toEqual([]);
  });
});

test('with {site} a project is looked for in its own site’s file and application alone', () => {
  const haifa = project();
  const places = placesOf(BY_SITE, ['haifa', 'eilat']);
  expect(places).toEqual([
    { site: 'haifa', path: 'sites/haifa.yaml', application: 'tenants-haifa' },
    { site: 'eilat', path: 'sites/eilat.yaml', application: 'tenants-eilat' },
  ]);
  const found = compare({
    targets: BY_SITE,
    places,
    projects: byNamespace([haifa]),
    files: new Map([
      ['sites/haifa.yaml', entriesOf(fileOf([haifa]))],
      ['sites/eilat.yaml', new Map()],
    ]),
    listings: new Map([
      ['tenants-haifa', listing([haifa.namespace])],
      ['tenants-eilat', listing([], [haifa.namespace])],
    ]),
  });
  expect(found).toMatchObject([
    { kind: 'namespace_unexpected', site: 'eilat', application: 'tenants-eilat', project_id: haifa.id },
  ]);
});

test('only an entry with every field as InfraHub writes it is one of InfraHub’s', () => {
  const good = new Map<string, unknown>(Object.entries(entryOf(project())));
  expect(ourEntry(good)).toEqual(entryOf(project()));
  expect(ourEntry(new Map([...good, ['labels', 1]]))).toEqual(entryOf(project()));
  const broken: [string, unknown][] = [
    ['team_id', 'me'],
    ['cpu', '2'],
    ['cpu', 0],
    ['cpu', 1.5],
    ['sla', 'tin'],
    ['project', 'A B'],
  ];
  for (const [key, value] of broken) expect(ourEntry(new Map([...good, [key, value]]))).toBeUndefined();
  for (const other of [null, 'text', 3, [], new Map()]) expect(ourEntry(other)).toBeUndefined();
});

test('what a file says in control characters or half characters can be shown and stored', () => {
  expect(printable('a\0b\n\ud800c')).toBe('a\u{FFFD}b\u{FFFD}\u{FFFD}c');
  expect(printable('x'.repeat(500))).toHaveLength(200);
});

describe('a mend does what the projects say by then', () => {
  const { namespace } = project();
  const [lost] = compare(seen([project()], ''));
  const [wrong] = compare(seen([project()], fileOf([project({ cpu: 9 })])));
  const [unwanted] = compare(seen([], fileOf([project()])));
  const NOTHING = { put: new Map(), remove: new Set() };
  const change = (found: typeof lost, projects: KnownProject[]) =>
    found && changeFor([found], byNamespace(projects), TARGETS);

  test('an entry is written as its project is now', () => {
    const resized = project({ sla: 'gold', cpu: 8, ramGb: 32 });
    const expected = { put: new Map([[namespace, entryOf(resized)]]), remove: new Set() };
    expect(change(lost, [resized])).toEqual(expected);
    expect(change(wrong, [resized])).toEqual(expected);
  });

  test('none is written for a project that has ended, moves, or is at another site', () => {
    for (const found of [lost, wrong]) {
      expect(change(found, [])).toEqual(NOTHING);
      expect(change(found, [project({ status: 'failed' })])).toEqual(NOTHING);
      expect(change(found, [project({ isMoving: true })])).toEqual(NOTHING);
    }
    const { places, ...other } = seen([project()], '');
    const [atHaifa] = compare({
      ...other,
      targets: BY_SITE,
      places,
      files: new Map([['sites/haifa.yaml', new Map()]]),
    });
    const elsewhere = byNamespace([project({ site: 'eilat' })]);
    expect(atHaifa && changeFor([atHaifa], elsewhere, BY_SITE)).toEqual(NOTHING);
  });

  test('an entry is removed unless a project has it by now, or is about to', () => {
    const removal = { put: new Map(), remove: new Set([namespace]) };
    expect(change(unwanted, [])).toEqual(removal);
    expect(change(unwanted, [project({ status: 'decommissioned' })])).toEqual(removal);
    expect(change(unwanted, [project()])).toEqual(NOTHING);
    expect(change(unwanted, [project({ status: 'provisioning', isMoving: true })])).toEqual(NOTHING);
  });
});

test('a commit names what it mends', () => {
  const put = new Map([['a', entryOf(project())]]);
  expect(mendMessage({ put, remove: new Set() })).toBe('Mend an entry that had drifted\n\n+ a\n');
  expect(mendMessage({ put, remove: new Set(['b', 'c']) })).toBe('Mend 3 entries that had drifted\n\n+ a\n- b\n- c\n');
});

const application = (over: Partial<ArgoApplication>): ArgoApplication => ({
  sync: { status: 'Synced', revision: 'abc' },
  health: { status: 'Healthy' },
  operation: undefined,
  resources: [],
  conditions: [],
  ...over,
});

test('a namespace is there unless Argo CD calls it missing, and a stray if it would be pruned', () => {
  const resources = [
    { kind: 'Namespace', name: 'there' },
    { kind: 'Namespace', name: 'missing', health: { status: 'Missing' } },
    { kind: 'Namespace', name: 'stray', requiresPruning: true },
    { kind: 'ResourceQuota', name: 'capacity', namespace: 'there', requiresPruning: true },
  ];
  expect(listingOf(application({ resources }))).toEqual(listing(['there'], ['stray']));
});

test('a listing is not relied on when Argo CD could not compare, or looked at an older commit', () => {
  expect(whyUnreliable(application({}), true)).toBeUndefined();
  expect(whyUnreliable(application({}), false)).toContain('newest commit');
  expect(whyUnreliable(application({ sync: { status: 'Unknown', revision: 'abc' } }), true)).toContain(
    'gives no reason',
  );
  const conditions = [{ type: 'ComparisonError', message: 'no such path' }];
  expect(whyUnreliable(application({ conditions }), true)).toBe('Argo CD cannot compare it with Git: no such path');
});

test('a counter can be mended where it is not its ledger’s sum, and only then', () => {
  const mismatch = {
    team_quota_id: TEAM,
    team_id: TEAM,
    team_name: 'Vision',
    site: 'haifa',
    resource: 'ram_gb' as const,
    repaired: false,
  };
  const [wrong, disagreeing] = counterDifferences([
    { ...mismatch, counter: 12, ledger: 8, projects: 8 },
    { ...mismatch, counter: 12, ledger: 12, projects: 8 },
  ]);
  expect(wrong).toMatchObject({
    message: 'Team Vision uses 12 GiB at haifa by its counter, 8 by its ledger and 8 by its projects.',
    mend: { action: 'recount' },
  });
  expect(disagreeing?.mend).toBeNull();
});
