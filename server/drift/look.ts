import { isDeepStrictEqual } from 'node:util';
import { type ArgoCd, ArgoCdError } from '../adapters/argocd/argocd.port.ts';
import { GitError, type ValuesRepository } from '../adapters/git/values-repository.port.ts';
import type { Db } from '../platform/database.ts';
import type { Targets } from '../provisioning/targets.rules.ts';
import { readValuesFile, ValuesFileError } from '../provisioning/values-file.rules.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { compare, counterDifferences } from './compare.rules.ts';
import { listSites, readNow, readProjects } from './drift.repository.ts';
import { type KnownProject, type Listing, listingOf, type Place, placesOf, whyUnreliable } from './drift.rules.ts';
import type { Difference, Unreadable } from './drift.schema.ts';
import { actingFor } from './system-caller.ts';

export type LookOptions = {
  db: Db;
  quotas: Pick<QuotasService, 'verify'>;
  repository: ValuesRepository;
  argocd: ArgoCd;
  targets: Targets;
};

/** What a look saw; `checkedAt` is when it began, by the database's clock. */
export type Looked = { checkedAt: string; differences: Difference[]; unreadable: Unreadable[] };

type ValuesFile = { path: string; commit: string; entries: Map<string, unknown> };

/**
 * Reads the database, the values files and Argo CD, and compares them. Nothing is held or changed meanwhile; what changes
 * while it is read is left to the next look.
 */
export function createLook({ db, quotas, repository, argocd, targets }: LookOptions) {
  async function readFile(path: string): Promise<ValuesFile | Unreadable> {
    try {
      const { commit, text } = await repository.read(path);
      const entries = [...readValuesFile(text)].map(([name, entry]): [string, unknown] => [String(name), entry]);
      return { path, commit, entries: new Map(entries) };
    } catch (error) {
      if (error instanceof GitError) return { source: 'git', name: path, reason: error.message };
      if (error instanceof ValuesFileError) return { source: 'values_file', name: path, reason: error.message };
      throw error;
    }
  }

  async function readListing(
    name: string,
    commits: Set<string>,
  ): Promise<{ name: string; listing: Listing } | Unreadable> {
    try {
      const application = await argocd.getApplication(name, { refresh: true });
      const seen = await Promise.all([...commits].map((c) => repository.contains(application.sync.revision ?? '', c)));
      const reason = whyUnreliable(application, !seen.includes(false));
      return reason === undefined ? { name, listing: listingOf(application) } : { source: 'argocd', name, reason };
    } catch (error) {
      if (!(error instanceof ArgoCdError || error instanceof GitError)) throw error;
      return { source: error instanceof GitError ? 'git' : 'argocd', name, reason: error.message };
    }
  }

  async function readOutside(places: readonly Place[], isInUse: (place: Place, entries: number) => boolean) {
    const read = await Promise.all(unique(places.map((place) => place.path)).map(readFile));
    const files = read.filter((file) => 'entries' in file);
    const fileAt = (path: string) => files.find((file) => file.path === path);
    const inUse = places.filter((place) => isInUse(place, fileAt(place.path)?.entries.size ?? 0));
    const listed = await Promise.all(
      unique(inUse.map((place) => place.application)).map((name) => {
        const feeding = inUse.filter((place) => place.application === name);
        return readListing(name, new Set(feeding.flatMap((place) => fileAt(place.path)?.commit ?? [])));
      }),
    );
    return {
      files: new Map(files.map((file) => [file.path, file.entries])),
      listings: new Map(listed.flatMap((found) => ('listing' in found ? [[found.name, found.listing]] : []))),
      unreadable: [...read, ...listed].filter((found) => 'source' in found),
    };
  }

  return async (requestId: string): Promise<Looked> => {
    const checkedAt = await readNow(db);
    const before = await readProjects(db);
    const places = placesOf(targets, await listSites(db));
    const sites = new Set([...before.values()].map((project) => project.site));
    // A site where there never was a project need have no application yet.
    const isInUse = ({ site }: Place, entries: number) => site === null || sites.has(site) || entries > 0;
    const { unreadable, ...outside } = await readOutside(places, isInUse);
    const projects = settled(before, await readProjects(db));
    const { mismatches } = await quotas.verify(actingFor(requestId), { repair: false });
    const differences = [...compare({ targets, places, projects, ...outside }), ...counterDifferences(mismatches)];
    return { checkedAt, differences, unreadable };
  };
}

/** Projects as they are after the look, with everything that changed during it as moving. */
function settled<P extends KnownProject>(before: Map<string, P>, after: Map<string, P>): Map<string, P> {
  const known = [...after.values()].map((project): [string, P] => {
    const isSame = isDeepStrictEqual(before.get(project.namespace), project);
    return [project.namespace, isSame ? project : { ...project, isMoving: true }];
  });
  return new Map(known);
}

const unique = (names: string[]): string[] => [...new Set(names)];
