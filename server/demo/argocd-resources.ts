import type { ArgoCdBehaviour } from './argocd-behaviour.ts';

/** What the chart in helm/tenants makes of one entry of the values file. */
const KINDS = [
  { group: '', version: 'v1', kind: 'Namespace', name: undefined },
  { group: '', version: 'v1', kind: 'ResourceQuota', name: 'capacity' },
  { group: '', version: 'v1', kind: 'LimitRange', name: 'defaults' },
  { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', name: 'inside-and-dns' },
  { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'RoleBinding', name: 'team-leads' },
];

/** A namespace in the cluster: the entry it was made of, since when it is so, and since when it is going. Times in ms. */
export type LiveNamespace = { entry: string; since: number; goingSince?: number | undefined };

/** Namespace → its entry as JSON. */
export type Entries = Record<string, string>;

type Resource = ReturnType<typeof describeNamespace>[number];

type Moment = { now: number; settleMs: number; behaviour: ArgoCdBehaviour };

/** `status.resources[]`: everything that should be there or is. */
export function listResources(wanted: Entries, live: Record<string, LiveNamespace>, moment: Moment): Resource[] {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(live)])].sort();
  return names
    .filter((name) => !moment.behaviour.drop_namespace.includes(name))
    .flatMap((name) => describeNamespace(name, wanted[name], live[name], moment));
}

function describeNamespace(
  namespace: string,
  entry: string | undefined,
  found: LiveNamespace | undefined,
  { now, settleMs, behaviour }: Moment,
) {
  const live = behaviour.missing.includes(namespace) ? undefined : found;
  const synced = live !== undefined && live.entry === entry && live.goingSince === undefined;
  return KINDS.map(({ group, version, kind, name }) => ({
    ...(group && { group }),
    version,
    kind,
    ...(name && { namespace }),
    name: name ?? namespace,
    status: synced ? 'Synced' : 'OutOfSync',
    ...(live && entry === undefined && { requiresPruning: true }),
    ...healthOf(kind, live),
  }));

  /** Kinds without a health check have none in Argo CD either, except that what is not there is Missing. */
  function healthOf(kind: string, live: LiveNamespace | undefined) {
    if (!live) return { health: { status: 'Missing' } };
    if (kind !== 'Namespace') return {};
    if (behaviour.degraded.includes(namespace)) {
      return { health: { status: 'Degraded', message: `namespace ${namespace} does not come up` } };
    }
    if (live.goingSince !== undefined) return { health: { status: 'Progressing', message: 'Terminating' } };
    return { health: { status: now - live.since < settleMs ? 'Progressing' : 'Healthy' } };
  }
}

/** Synced when every resource is; the worst health counts, but Missing does not, since Argo CD 3.4. */
export function summarise(resources: Resource[]): { sync: 'Synced' | 'OutOfSync'; health: string } {
  const healths = new Set(resources.map((resource) => resource.health?.status));
  return {
    sync: resources.every((resource) => resource.status === 'Synced') ? 'Synced' : 'OutOfSync',
    health: ['Degraded', 'Progressing'].find((status) => healths.has(status)) ?? 'Healthy',
  };
}

/** `syncResult.resources[]` of one namespace. */
export const resultsFor = (
  namespace: string,
  status: 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped',
  message: string,
) =>
  KINDS.map(({ group, version, kind, name }) => ({
    group,
    version,
    kind,
    namespace: name ? namespace : '',
    name: name ?? namespace,
    status,
    message,
    hookPhase: status === 'SyncFailed' ? 'Failed' : 'Succeeded',
    syncPhase: 'Sync',
  }));
