import type { ArgoApplication } from '../adapters/argocd/argocd.port.ts';
import type { PerformanceTier } from '../platform/schema.ts';
import type { ProjectStatus, SlaType } from '../projects/projects.schema.ts';
import { applicationOf, type Targets, valuesPathOf } from '../provisioning/targets.rules.ts';

/** The project that a namespace belongs to. `isMoving`: something goes on with it, so that differences are expected. */
export type KnownProject = {
  id: string;
  teamId: string;
  name: string;
  namespace: string;
  site: string;
  sla: SlaType;
  tier: PerformanceTier;
  cpu: number;
  ramGb: number;
  status: ProjectStatus;
  isMoving: boolean;
};

/** A values file and the application that it feeds; the site, where `{site}` tells them apart. */
export type Place = { site: string | null; path: string; application: string };

/** The namespaces that are there according to Argo CD; `strays` are those of them that Git does not want. */
export type Listing = { present: ReadonlySet<string>; strays: ReadonlySet<string> };

/** All that could be read: projects by namespace, entries by file and namespace, listings by application. */
export type Seen = {
  targets: Targets;
  places: readonly Place[];
  projects: ReadonlyMap<string, KnownProject>;
  files: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  listings: ReadonlyMap<string, Listing>;
};

/** Where to look: one place for each site, or the only one there is. */
export function placesOf(targets: Targets, sites: readonly string[]): Place[] {
  const { valuesPath, application } = targets;
  if (!`${valuesPath}${application}`.includes('{site}')) return [{ site: null, path: valuesPath, application }];
  return sites.map((site) => ({
    site,
    path: valuesPathOf(targets, site),
    application: applicationOf(targets, site),
  }));
}

/** Where a project's entry and namespace belong. */
export const homeOf = (targets: Targets, { site }: KnownProject) => ({
  site,
  path: valuesPathOf(targets, site),
  application: applicationOf(targets, site),
});

/** Whether a project that nothing goes on with should have an entry and a namespace. */
export const wantsEntry = ({ status }: KnownProject): boolean => status === 'active' || status === 'updating';

/** What Argo CD says is in the cluster. What it wants and misses is listed by it as well, as Missing. */
export function listingOf({ resources }: ArgoApplication): Listing {
  const present = resources.filter((r) => r.kind === 'Namespace' && r.health?.status !== 'Missing');
  const strays = present.filter((r) => r.requiresPruning === true);
  return { present: new Set(present.map((r) => r.name)), strays: new Set(strays.map((r) => r.name)) };
}

/** Why what Argo CD lists cannot be relied on: it could not compare with Git, or has not seen its newest commit. */
export function whyUnreliable({ sync, conditions }: ArgoApplication, isUpToDate: boolean): string | undefined {
  const complaint = conditions.find((condition) => condition.type === 'ComparisonError');
  if (complaint) return `Argo CD cannot compare it with Git: ${complaint.message}`;
  if (sync.status === 'Unknown') return 'Argo CD cannot compare it with Git and gives no reason.';
  return isUpToDate ? undefined : 'Argo CD has not looked at the newest commit yet. Check again in a minute.';
}
