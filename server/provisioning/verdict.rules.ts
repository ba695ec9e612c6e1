import type { ArgoApplication, ArgoOperation, ArgoResource } from '../adapters/argocd/argocd.port.ts';
import { isUndone, wantedOf } from './operation.rules.ts';
import type { Operation } from './provisioning.repository.ts';

/**
 * One look at an application, judged for one operation. `askAgain`: the operation that was to bring it about has ended
 * without doing so, and another sync may.
 */
export type Wait = { kind: 'wait'; reason: string; askAgain: boolean };
export type Verdict = { kind: 'done' } | { kind: 'failed'; message: string } | Wait;

/** An application, and which of the revisions it names contain the project's commit. */
export type Look = { application: ArgoApplication; contains: (revision: string | undefined) => boolean };

/** What the chart makes of an entry and without which a namespace would be without its limits. */
const EXPECTED = ['Namespace', 'ResourceQuota'];

const wait = (reason: string, askAgain = false): Wait => ({ kind: 'wait', reason, askAgain });

const failed = (what: string, why: string | undefined): Verdict => ({
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

/** Whether what an operation wants at this point is there. What brings back does not fail: it is asked for again. */
export function judge(
  look: Look,
  operation: Pick<Operation, 'kind' | 'state' | 'before' | 'after' | 'namespace'>,
): Verdict {
  const { namespace } = operation;
  if (wantedOf(operation) === null) return judgeRemoval(look, namespace);
  const verdict = operation.kind === 'resize' ? judgeResize(look, namespace) : judgeProvision(look, namespace);
  return verdict.kind === 'failed' && isUndone(operation) ? wait(verdict.message, true) : verdict;
}

/**
 * Whether a project's namespace is there and well. Only what Argo CD says of a revision that contains the project's
 * commit counts, and only what it says of this namespace: neighbours neither fail it nor make it healthy.
 */
export function judgeProvision({ application, contains }: Look, namespace: string): Verdict {
  const { operation } = application;
  const mine = application.resources.filter(isOf(namespace));
  const ours = operation !== undefined && contains(operation.revision);
  if (!hasEnded(operation) && (ours || operation?.revision === undefined)) return wait('Argo CD is syncing');

  const refusal = ours ? refusalIn(operation, namespace) : undefined;
  if (refusal) return refusal;
  const compared = contains(application.sync.revision);
  const degraded = compared ? mine.find((r) => r.health?.status === 'Degraded') : undefined;
  if (degraded) return failed(`${degraded.kind} ${degraded.name} is degraded`, degraded.health?.message);
  if (compared && isThere(mine) && mine.every(isHealthy)) return { kind: 'done' };
  if (ours && hasFailed(operation)) return judgeFailedOperation(operation);
  return wait(compared ? whatLacks(mine) : NOT_COMPARED, !ours);
}

/**
 * Whether a namespace has the size that a revision with the commit gives it. How well it is does not count: a namespace
 * that is unwell gets no better by its old size. An operation that still runs could bring an older size back.
 */
export function judgeResize({ application, contains }: Look, namespace: string): Verdict {
  const { operation } = application;
  if (!hasEnded(operation)) return wait('Argo CD is syncing');
  const mine = application.resources.filter(isOf(namespace));
  const compared = contains(application.sync.revision);
  if (compared && isThere(mine)) return { kind: 'done' };
  if (operation && contains(operation.revision)) {
    const refusal = refusalIn(operation, namespace);
    if (refusal) return refusal;
    if (hasFailed(operation)) return judgeFailedOperation(operation);
  }
  return wait(compared ? whatLacks(mine) : NOT_COMPARED, true);
}

const NOT_COMPARED = 'Argo CD has not looked at the commit yet';

/** What a sync could not apply of a namespace. */
function refusalIn(operation: ArgoOperation, namespace: string): Verdict | undefined {
  const refused = operation.resources.find((r) => isOf(namespace)(r) && r.status === 'SyncFailed');
  return refused && failed(`Argo CD could not apply ${refused.kind} ${refused.name}`, refused.message);
}

/** Whether all that the chart makes of an entry is as the compared revision says. */
const isThere = (mine: ArgoResource[]): boolean =>
  EXPECTED.every((kind) => mine.some((r) => r.kind === kind)) && mine.every((r) => r.status === 'Synced');

const isHealthy = (resource: ArgoResource): boolean => (resource.health?.status ?? 'Healthy') === 'Healthy';

function whatLacks(mine: ArgoResource[]): string {
  const missing = EXPECTED.find((kind) => !mine.some((r) => r.kind === kind && r.health?.status !== 'Missing'));
  if (missing) return `Argo CD reports no ${missing} for it`;
  const unsynced = mine.find((r) => r.status !== 'Synced');
  if (unsynced) return `Argo CD reports ${unsynced.kind} as ${unsynced.status ?? 'unknown'}`;
  const unwell = mine.find((r) => !isHealthy(r));
  return `Argo CD reports ${unwell?.kind ?? 'it'} as ${unwell?.health?.status ?? 'unknown'}`;
}

/** A sync that failed with nobody's name on it failed for all; one that failed for a neighbour is tried again. */
function judgeFailedOperation(operation: ArgoOperation): Verdict {
  const neighbour = operation.resources.some((r) => r.status === 'SyncFailed');
  if (neighbour) return wait('Argo CD’s sync failed for another namespace; it is asked again', true);
  return failed('Argo CD’s sync failed', operation.message);
}

/**
 * Whether a namespace is gone for good: nothing of it is left at a revision that contains its removal, and no operation
 * still runs that could bring it back from an older one.
 */
export function judgeRemoval({ application, contains }: Look, namespace: string): Verdict {
  if (!hasEnded(application.operation)) return wait('Argo CD is removing the namespace');
  if (!contains(application.sync.revision)) return wait('Argo CD has not looked at the removal yet', true);
  const left = application.resources.find(isOf(namespace));
  if (left) return wait(`Argo CD still reports ${left.kind} ${left.name}`, true);
  return { kind: 'done' };
}
