/** Entries of a values file, by namespace. */
export type Entries = Record<string, string>;
export type Revision = { number: number; entries: Entries };

/** What Argo CD compares: a revision, and what is there, by namespace. */
export type Report = { revision: Revision; live: Entries };

/**
 * A branch and the cluster that Argo CD brings to it: the surroundings, not the product. The model has one to think
 * with, and the stand-ins for Git and Argo CD have one to answer from; the same things happen to both.
 */
export type Cluster = {
  head: Revision;
  /** What Argo CD goes on to report of long ago, if its comparison is stuck. */
  stuckAt: Report | null;
  /** What the sync that is under way brings in; its revision is that of the moment in which it was asked for. */
  running: Revision | null;
  /** How the last sync ended. */
  last: { revision: number; failed: boolean; refused: string[] } | null;
  /** What is there, by namespace. */
  live: Entries;
  /** Namespaces that do not come up, and those that cannot be applied. */
  degraded: string[];
  refused: string[];
  /** Whether syncs fail as a whole, leave behind what should go, or cannot be asked for. */
  syncIsBroken: boolean;
  pruneIsBroken: boolean;
  isDown: boolean;
};

export const emptyCluster = (): Cluster => ({
  head: { number: 1, entries: {} },
  stuckAt: null,
  running: null,
  last: null,
  live: {},
  degraded: [],
  refused: [],
  syncIsBroken: false,
  pruneIsBroken: false,
  isDown: false,
});

/** What Argo CD says that there is, and at which revision: the newest, unless it is stuck. */
export const reported = (cluster: Cluster): Report => cluster.stuckAt ?? { revision: cluster.head, live: cluster.live };

/** A push: another revision, if it changes anything. */
export function push(cluster: Cluster, entries: Entries): void {
  const { head } = cluster;
  const names = new Set([...Object.keys(head.entries), ...Object.keys(entries)]);
  const changed = [...names].some((name) => head.entries[name] !== entries[name]);
  if (changed) cluster.head = { number: head.number + 1, entries };
}

/** Begins a sync; false while another one is under way. */
export function beginSync(cluster: Cluster): boolean {
  if (cluster.running) return false;
  cluster.running = cluster.head;
  return true;
}

/** The sync that is under way comes to its end, if there is one. */
export function endSync(cluster: Cluster): void {
  const { running, syncIsBroken } = cluster;
  if (!running) return;
  const refused = syncIsBroken ? [] : cluster.refused.filter((name) => running.entries[name] !== undefined);
  cluster.running = null;
  cluster.last = { revision: running.number, failed: syncIsBroken || refused.length > 0, refused };
  if (syncIsBroken) return;
  for (const [name, entry] of Object.entries(running.entries)) if (!refused.includes(name)) cluster.live[name] = entry;
  for (const name of Object.keys(cluster.live)) {
    if (running.entries[name] === undefined && !cluster.pruneIsBroken) delete cluster.live[name];
  }
}

/** What can befall the surroundings; `namespace` is whichever name the cluster knows it by. */
export type Mishap =
  | { kind: 'the sync ends' }
  | { kind: 'degraded' | 'refused' | 'well again'; namespace: string }
  | { kind: 'syncs fail' | 'nothing is pruned' | 'argo is down'; on: boolean }
  | { kind: 'comparison is stuck'; on: boolean };

export function befall(cluster: Cluster, mishap: Mishap): void {
  switch (mishap.kind) {
    case 'the sync ends':
      endSync(cluster);
      return;
    case 'degraded':
    case 'refused':
      cluster[mishap.kind] = [...new Set([...cluster[mishap.kind], mishap.namespace])];
      return;
    case 'well again':
      cluster.degraded = cluster.degraded.filter((name) => name !== mishap.namespace);
      cluster.refused = cluster.refused.filter((name) => name !== mishap.namespace);
      return;
    case 'syncs fail':
      cluster.syncIsBroken = mishap.on;
      return;
    case 'nothing is pruned':
      cluster.pruneIsBroken = mishap.on;
      return;
    case 'argo is down':
      cluster.isDown = mishap.on;
      return;
    case 'comparison is stuck':
      cluster.stuckAt = mishap.on ? structuredClone(reported(cluster)) : null;
  }
}

/** Everything works again. */
export function calm(cluster: Cluster): void {
  Object.assign(cluster, { stuckAt: null, degraded: [], refused: [] });
  Object.assign(cluster, { syncIsBroken: false, pruneIsBroken: false, isDown: false });
}
