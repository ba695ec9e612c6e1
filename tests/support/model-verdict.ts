import { type Cluster, reported } from './model-cluster.ts';

export type Verdict = 'done' | 'failed' | 'wait' | 'ask again';

/** A namespace that is to come, to have another size, or to go; and the revision from which on it is to. */
export type Wanted = { namespace: string; commit: number; is: 'to come' | 'to change' | 'to go' };

/** What Argo CD says of one namespace at a revision that contains the commit which is waited for; nothing else counts. */
export function judge(cluster: Cluster, wanted: Wanted): Verdict {
  if (cluster.running) return 'wait';
  if (wanted.is === 'to go') return isGone(cluster, wanted) ? 'done' : 'ask again';
  return wanted.is === 'to come' ? judgeComing(cluster, wanted) : judgeChange(cluster, wanted);
}

const isCompared = (cluster: Cluster, { commit }: Wanted): boolean => reported(cluster).revision.number >= commit;

function isGone(cluster: Cluster, wanted: Wanted): boolean {
  const { revision, live } = reported(cluster);
  const isLeft = [revision.entries, live].some((entries) => entries[wanted.namespace] !== undefined);
  return isCompared(cluster, wanted) && !isLeft;
}

function isThere(cluster: Cluster, wanted: Wanted): boolean {
  const { revision, live } = reported(cluster);
  const entry = revision.entries[wanted.namespace];
  return isCompared(cluster, wanted) && entry !== undefined && live[wanted.namespace] === entry;
}

/** How a sync that has brought the commit in went for the namespace; undefined if there was none yet. */
function ending({ last }: Cluster, { namespace, commit }: Wanted) {
  if (!last || last.revision < commit) return undefined;
  if (last.refused.includes(namespace)) return 'refused';
  if (!last.failed) return 'well';
  return last.refused.length > 0 ? 'failed for others' : 'failed for all';
}

function judgeComing(cluster: Cluster, wanted: Wanted): Verdict {
  const end = ending(cluster, wanted);
  if (end === 'refused') return 'failed';
  const isUp = reported(cluster).live[wanted.namespace] !== undefined;
  if (isUp && isCompared(cluster, wanted) && cluster.degraded.includes(wanted.namespace)) return 'failed';
  if (isThere(cluster, wanted)) return 'done';
  if (end === 'failed for all') return 'failed';
  return end === 'well' ? 'wait' : 'ask again';
}

/** How well the namespace is does not count: it gets no better by its old size. */
function judgeChange(cluster: Cluster, wanted: Wanted): Verdict {
  if (isThere(cluster, wanted)) return 'done';
  const end = ending(cluster, wanted);
  return end === 'refused' || end === 'failed for all' ? 'failed' : 'ask again';
}
