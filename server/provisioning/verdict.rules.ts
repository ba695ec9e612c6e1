import type { ArgoApplication, ArgoOperation, ArgoResource } from '../adapters/argocd/argocd.port.ts';

/**
 * One look at an application, judged for one project. `askAgain`: the operation that was to bring it about has ended
 * without doing so, and another sync may.
 */
export type Wait = { kind: 'wait'; reason: string; askAgain: boolean };
export type ProvisionVerdict = { kind: 'healthy' } | { kind: 'failed'; message: string } | Wait;
export type RemovalVerdict = { kind: 'gone' } | Wait;

/** An application, and which of the revisions it names contain the project's commit. */
export type Look = { application: ArgoApplication; contains: (revision: string | undefined) => boolean };

/** What the chart makes of an entry and without which a namespace would be without its limits. */
const EXPECTED = ['Namespace', 'ResourceQuota'];

const wait = (reason: string, askAgain = false): Wait => ({ kind: 'wait', reason, askAgain });

const failed = (what: string, why: string | undefined): ProvisionVerdict => ({
  kind: 'failed',
  message: `${what}: ${why || 'Argo CD gives no reason'}`,
});

/** The resources of one namespace, and the namespace itself. */
const isOf = (namespace: string) => (resource: { kind: string; name: string; namespace?: string | undefined }) =>
  resource.namespace === namespace || (resource.kind === 'Namespace' && resource.name === namespace);

/** Running with a `finishedAt` waits for a retry: that is not an end either. */
const hasEnded = (operation: ArgoOperation | undefined): boolean =>
  operation === undefined || !['Running', 'Terminating'].includes(operation.phase);

const hasFailed = (operation: ArgoOperation): boolean => ['Failed', 'Error'].includes(operation.phase);

/**
 * Whether a project's namespace is there and well. Only what Argo CD says of a revision that contains the project's
 * commit counts, and only what it says of this namespace: neighbours neither fail it nor make it healthy.
 */
export function judgeProvision({ application, contains }: Look, namespace: string): ProvisionVerdict {
  const { operation } = application;
  const mine = application.resources.filter(isOf(namespace));
  const ours = operation !== undefined && contains(operation.revision);
  if (!hasEnded(operation) && (ours || operation?.revision === undefined)) return wait('Argo CD is syncing');

  const refused = ours ? operation.resources.find((r) => isOf(namespace)(r) && r.status === 'SyncFailed') : undefined;
  if (refused) return failed(`Argo CD could not apply ${refused.kind} ${refused.name}`, refused.message);
  const compared = contains(application.sync.revision);
  const degraded = compared ? mine.find((r) => r.health?.status === 'Degraded') : undefined;
  if (degraded) return failed(`${degraded.kind} ${degraded.name} is degraded`, degraded.health?.message);
  if (compared && isWell(mine)) return { kind: 'healthy' };
  if (ours && hasFailed(operation)) return judgeFailedOperation(operation);
  return wait(compared ? whatLacks(mine) : 'Argo CD has not looked at the commit yet', !ours);
}

function isWell(mine: ArgoResource[]): boolean {
  const complete = EXPECTED.every((kind) => mine.some((r) => r.kind === kind));
  return complete && mine.every((r) => r.status === 'Synced' && (r.health?.status ?? 'Healthy') === 'Healthy');
}

function whatLacks(mine: ArgoResource[]): string {
  const missing = EXPECTED.find((kind) => !mine.some((r) => r.kind === kind && r.health?.status !== 'Missing'));
  if (missing) return `Argo CD reports no ${missing} for it`;
  const unsynced = mine.find((r) => r.status !== 'Synced');
  if (unsynced) return `Argo CD reports ${unsynced.kind} as ${unsynced.status ?? 'unknown'}`;
  const unwell = mine.find((r) => (r.health?.status ?? 'Healthy') !== 'Healthy');
  return `Argo CD reports ${unwell?.kind ?? 'it'} as ${unwell?.health?.status ?? 'unknown'}`;
}

/** A sync that failed with nobody's name on it failed for all; one that failed for a neighbour is tried again. */
function judgeFailedOperation(operation: ArgoOperation): ProvisionVerdict {
  const neighbour = operation.resources.some((r) => r.status === 'SyncFailed');
  if (neighbour) return wait('Argo CD’s sync failed for another namespace; it is asked again', true);
  return failed('Argo CD’s sync failed', operation.message);
}

/**
 * Whether a namespace is gone for good: nothing of it is left at a revision that contains its removal, and no operation
 * still runs that could bring it back from an older one.
 */
export function judgeRemoval({ application, contains }: Look, namespace: string): RemovalVerdict {
  if (!hasEnded(application.operation)) return wait('Argo CD is removing the namespace');
  if (!contains(application.sync.revision)) return wait('Argo CD has not looked at the removal yet', true);
  const left = application.resources.find(isOf(namespace));
  if (left) return wait(`Argo CD still reports ${left.kind} ${left.name}`, true);
  return { kind: 'gone' };
}
