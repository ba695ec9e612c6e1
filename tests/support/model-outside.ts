import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  type ArgoApplication,
  type ArgoCd,
  ArgoCdError,
  type ArgoResource,
} from '../../server/adapters/argocd/argocd.port.ts';
import { GitError, type ValuesRepository } from '../../server/adapters/git/values-repository.port.ts';
import type { Inventory } from '../../server/adapters/inventory/inventory.port.ts';
import { UpstreamError } from '../../server/platform/errors.ts';
import { beginSync, type Cluster, type Entries, push, type Report, reported } from './model-cluster.ts';
import type { State } from './model-state.ts';

/** What the stand-ins answer from. */
export type Outside = {
  cluster: Cluster;
  inventory: State['inventory'];
  gitIsDown: boolean;
  /** The values file at the head of the branch. */
  text: string;
};

/** What people have in the file beside InfraHub's entries; it must be there at the end as well. */
export const OTHERS = '# Kept by the platform team.\ndefaults:\n  image: registry.local/base # pinned\n';
const START = `${OTHERS}namespaces: {}\n`;

const valuesFile = z.object({ namespaces: z.record(z.string(), z.record(z.string(), z.unknown())).nullish() });

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** The entries of a values file as Helm reads them, each with its keys in order. */
export function entriesIn(text: string): Entries {
  const { namespaces } = valuesFile.parse(parse(text, { version: '1.1' }));
  return Object.fromEntries(
    Object.entries(namespaces ?? {}).map(([name, entry]) => [
      name,
      JSON.stringify(Object.fromEntries(Object.entries(entry).sort(byKey))),
    ]),
  );
}

export const outsideOf = ({ cluster, inventory, gitIsDown }: State): Outside =>
  structuredClone({ cluster, inventory, gitIsDown, text: START });

const shaOf = (revision: number): string => revision.toString(16).padStart(40, '0');
const revisionOf = (sha: string): number => Number.parseInt(sha, 16);

/** A branch in memory, of which every push is the next number. */
export function gitStandIn(outside: () => Outside): ValuesRepository {
  const reach = (): Outside => {
    const there = outside();
    if (there.gitIsDown) throw new GitError('unavailable', 'The repository cannot be reached: it is down.');
    return there;
  };
  const head = () => shaOf(outside().cluster.head.number);
  return {
    async write(edits) {
      const there = reach();
      for (const edit of edits.values()) there.text = edit(there.text);
      push(there.cluster, entriesIn(there.text));
      return { commit: head() };
    },
    read: async () => ({ text: reach().text, commit: head() }),
    contains: async (revision, commit) => {
      reach();
      return revisionOf(commit) <= revisionOf(revision);
    },
  };
}

/** Argo CD over the cluster in memory: it says no more of it than the real one would. */
export function argoStandIn(outside: () => Outside): ArgoCd {
  const reach = (): Cluster => {
    const { cluster } = outside();
    if (cluster.isDown) throw new ArgoCdError('unavailable', 'Argo CD cannot be reached: it is down.');
    return cluster;
  };
  return {
    sync: async () => (beginSync(reach()) ? { kind: 'started' } : { kind: 'busy' }),
    getApplication: async () => applicationOf(reach()),
    linkTo: (name) => `https://argocd/${name}`,
  };
}

function applicationOf(cluster: Cluster): ArgoApplication {
  const report = reported(cluster);
  const { revision, live } = report;
  const names = [...new Set([...Object.keys(revision.entries), ...Object.keys(live)])];
  return {
    sync: {
      status: isDeepStrictEqual(revision.entries, live) ? 'Synced' : 'OutOfSync',
      revision: shaOf(revision.number),
    },
    // Missing resources make no application unhealthy, since Argo CD 3.4.
    health: { status: 'Healthy' },
    operation: operationOf(cluster),
    resources: names.flatMap((name) => resourcesOf(report, name, cluster.degraded.includes(name))),
    conditions: [],
  };
}

function resourcesOf({ revision, live }: Report, name: string, isDegraded: boolean): ArgoResource[] {
  const found = live[name];
  const status = found !== undefined && found === revision.entries[name] ? 'Synced' : 'OutOfSync';
  const health = { status: found === undefined ? 'Missing' : isDegraded ? 'Degraded' : 'Healthy' };
  return [
    { kind: 'Namespace', name, status, health },
    { kind: 'ResourceQuota', namespace: name, name: 'capacity', status, ...(found === undefined && { health }) },
  ];
}

function operationOf({ running, last }: Cluster): ArgoApplication['operation'] {
  if (running) return { phase: 'Running', resources: [] };
  if (!last) return undefined;
  return {
    phase: last.failed ? 'Failed' : 'Succeeded',
    message: last.failed ? 'one or more objects failed to apply' : 'successfully synced (all tasks run)',
    finishedAt: new Date(0).toISOString(),
    revision: shaOf(last.revision),
    resources: last.refused.map((name) => ({ kind: 'Namespace', name, status: 'SyncFailed', message: 'not allowed' })),
  };
}

/** The bare-metal API, as it is at that moment. */
export const inventoryStandIn = (outside: () => Outside): Inventory => ({
  async readFleet() {
    const { machines, answers } = outside().inventory;
    if (answers === 'an error') throw new UpstreamError('UPSTREAM_FAILED', 'The inventory answered an error.');
    const fleet = answers === 'nothing' ? {} : machines;
    const servers = Object.entries(fleet).map(([name, { site, size }]) => ({
      name,
      site,
      cpu: size.cpu,
      ramGb: size.ram,
    }));
    return { servers, rejected: [] };
  },
});
