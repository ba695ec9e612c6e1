import type { z } from 'zod';
import { applicationOf, valuesPathOf } from '../provisioning/targets.rules.ts';
import type { verifyOutput } from '../quotas/quotas.schema.ts';
import { homeOf, type KnownProject, type Listing, type Place, type Seen, wantsEntry } from './drift.rules.ts';
import type { Difference, FindingKind } from './drift.schema.ts';
import { differencesOf, entryOf, ourEntry, printable } from './entry.rules.ts';

const MENDS = {
  entry_without_project: { action: 'remove_entry', label: 'Remove the entry and its namespace' },
  project_without_entry: { action: 'write_entry', label: 'Write the entry' },
  entry_differs: { action: 'write_entry', label: 'Write the entry again' },
  namespace_missing: { action: 'sync', label: 'Have Argo CD sync' },
  namespace_unexpected: { action: 'prune', label: 'Have Argo CD remove the namespace' },
  quota_counter: { action: 'recount', label: 'Set the counter to its ledger’s sum' },
} as const satisfies Record<FindingKind, Difference['mend']>;

/**
 * All that the values files and Argo CD say otherwise than the database. Nothing is said of what was not read, nor of
 * projects that something goes on with.
 */
export function compare(seen: Seen): Difference[] {
  const settled = [...seen.projects.values()].filter((project) => wantsEntry(project) && !project.isMoving);
  const wanted = Map.groupBy(settled, ({ site }) => site);
  return [
    ...[...seen.files].flatMap(([path, entries]) => [
      ...lostIn(seen, wanted, path, entries),
      ...wrongIn(seen, path, entries),
    ]),
    ...[...seen.listings].flatMap(([application, listing]) => [
      ...missingIn(seen, wanted, application, listing),
      ...strayIn(seen, application, listing),
    ]),
  ];
}

/** Projects that should have an entry and a namespace, by site. */
type Wanted = ReadonlyMap<string, KnownProject[]>;
type Entries = ReadonlyMap<string, unknown>;

/** Projects that should have an entry in this file and have none. */
function lostIn({ targets }: Seen, wanted: Wanted, path: string, entries: Entries): Difference[] {
  return [...wanted]
    .flatMap(([site, projects]) => (valuesPathOf(targets, site) === path ? projects : []))
    .filter((project) => !entries.has(project.namespace))
    .map((project) =>
      differenceOf('project_without_entry', {
        namespace: project.namespace,
        project,
        place: homeOf(targets, project),
        message: `Project ${project.name} is ${project.status}, but ${path} has no entry for it.`,
        expected: entryOf(project),
      }),
    );
}

/** Entries of this file that should not be there, or should say something else. */
function wrongIn(seen: Seen, path: string, entries: Entries): Difference[] {
  return [...entries].flatMap(([namespace, entry]) => {
    const project = seen.projects.get(namespace);
    if (project?.isMoving) return [];
    if (!project || !wantsEntry(project) || valuesPathOf(seen.targets, project.site) !== path) {
      return [unwanted(seen, path, { namespace, entry, project })];
    }
    const { expected, found } = differencesOf(entryOf(project), entry);
    const fields = Object.entries(expected).map(([key, value]) => `${key} is ${found[key] ?? 'missing'}, not ${value}`);
    if (fields.length === 0) return [];
    const message = `The entry of project ${project.name} in ${path} is not what it should be: ${fields.join('; ')}.`;
    return [
      differenceOf('entry_differs', {
        namespace,
        project,
        place: homeOf(seen.targets, project),
        message,
        expected,
        found,
      }),
    ];
  });
}

type Unwanted = { namespace: string; entry: unknown; project: KnownProject | undefined };

function unwanted({ places }: Seen, path: string, { namespace, entry, project }: Unwanted): Difference {
  const ours = ourEntry(entry);
  const place = places.find((p) => p.path === path);
  const message = `${path} has an entry for ${printable(namespace)}, ${whyUnwanted(ours !== undefined, path, project)}`;
  return differenceOf('entry_without_project', {
    namespace,
    project,
    place: { site: place?.site ?? ours?.site ?? null, path, application: place?.application ?? null },
    message,
    found: ours,
    isMendable: ours !== undefined,
  });
}

function whyUnwanted(isOurs: boolean, path: string, project: KnownProject | undefined): string {
  if (!isOurs)
    return 'which is none of InfraHub’s, and no project that should have one. Ask who wrote it; it is left alone.';
  if (!project) return 'but there is no such project.';
  if (wantsEntry(project))
    return `but project ${project.name} is at site ${project.site} and does not belong in ${path}.`;
  return `but project ${project.name} is ${project.status} and should have none.`;
}

/** Projects with their entry, of whose namespace Argo CD knows nothing. */
function missingIn({ targets, files }: Seen, wanted: Wanted, application: string, { present }: Listing): Difference[] {
  return [...wanted]
    .filter(([site]) => applicationOf(targets, site) === application)
    .flatMap(([site, projects]) => {
      const entries = files.get(valuesPathOf(targets, site));
      return projects.filter(({ namespace }) => entries?.has(namespace) && !present.has(namespace));
    })
    .map((project) =>
      differenceOf('namespace_missing', {
        namespace: project.namespace,
        project,
        place: homeOf(targets, project),
        message: `Project ${project.name} is ${project.status} and has its entry, but there is no namespace ${project.namespace} in application ${application}.`,
        expected: { application },
      }),
    );
}

/** Namespaces that Argo CD would prune, and that no entry and no project accounts for. Judged where every file was read. */
function strayIn({ targets, places, projects, files }: Seen, application: string, { strays }: Listing): Difference[] {
  const feeding = places.filter((place) => place.application === application);
  if (!feeding.every((place) => files.has(place.path))) return [];
  return [...strays].flatMap((namespace) => {
    const project = projects.get(namespace);
    const isAtHome = project && wantsEntry(project) && homeOf(targets, project).application === application;
    if (project?.isMoving || isAtHome || feeding.some((place) => files.get(place.path)?.has(namespace))) return [];
    const why = project ? `; project ${project.name} is ${project.status}` : ' and no project';
    const [place] = feeding;
    return differenceOf('namespace_unexpected', {
      namespace,
      project,
      place: { site: place?.site ?? project?.site ?? null, path: place?.path ?? null, application },
      message: `There is a namespace ${namespace} in application ${application} that has no entry${why}.`,
      found: { application },
    });
  });
}

type Mismatch = z.output<typeof verifyOutput>['mismatches'][number];

/** Usage counters that are not the sum of their ledger, or of their projects. */
export const counterDifferences = (mismatches: readonly Mismatch[]): Difference[] =>
  mismatches.map(({ team_quota_id, team_id, team_name, site, resource, counter, ledger, projects }) => {
    const unit = resource === 'cpu' ? 'cores' : 'GiB';
    const isMendable = counter !== ledger;
    const advice = isMendable
      ? ''
      : ' The counter is right by its ledger: compare the ledger’s entries with the projects.';
    return {
      id: `quota_counter:${team_quota_id}:${resource}`,
      kind: 'quota_counter',
      project_id: null,
      team_id,
      namespace_name: null,
      site,
      values_file: null,
      application: null,
      message: `Team ${team_name} uses ${counter} ${unit} at ${site} by its counter, ${ledger} by its ledger and ${projects} by its projects.${advice}`,
      expected: { ledger, projects },
      found: { counter },
      mend: isMendable ? MENDS.quota_counter : null,
    };
  });

type What = {
  namespace: string;
  project: KnownProject | undefined;
  place: Pick<Place, 'site'> & { path: string | null; application: string | null };
  message: string;
  expected?: Difference['expected'];
  found?: Difference['found'] | undefined;
  isMendable?: boolean;
};

function differenceOf(kind: FindingKind, what: What): Difference {
  const { project, place, message, expected = null, found = null, isMendable = true } = what;
  const namespace = printable(what.namespace);
  const where = kind.startsWith('namespace') ? place.application : place.path;
  return {
    id: `${kind}:${where}:${namespace}`,
    kind,
    project_id: project?.id ?? null,
    team_id: project?.teamId ?? null,
    namespace_name: namespace,
    site: place.site,
    values_file: place.path,
    application: place.application,
    message,
    expected,
    found,
    mend: isMendable ? MENDS[kind] : null,
  };
}
