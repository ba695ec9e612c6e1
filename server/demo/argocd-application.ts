import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ArgoCdBehaviour } from './argocd-behaviour.ts';
import { type Entries, listResources, resultsFor, summarise } from './argocd-resources.ts';
import { GIT_ENV } from './git-repository.ts';

const execute = promisify(execFile);

const info = z.object({ name: z.string(), value: z.string() });
export type Info = z.infer<typeof info>;

const operation = z.object({
  askedAt: z.number(),
  prune: z.boolean(),
  info: z.array(info),
  automated: z.boolean(),
  done: z
    .object({
      at: z.number(),
      phase: z.string(),
      message: z.string(),
      revision: z.string(),
      resources: z.array(z.record(z.string(), z.string())),
    })
    .optional(),
});

/** What one application remembers, as it is kept in the state file. Times in ms. */
export const applicationState = z.object({
  /** Namespaces in the cluster. */
  live: z.record(z.string(), z.object({ entry: z.string(), since: z.number(), goingSince: z.number().optional() })),
  /** The revision that was compared last, and what it wants; `error` where it could not be read. */
  compared: z.object({ revision: z.string(), wanted: z.record(z.string(), z.string()), error: z.string().optional() }),
  operation: operation.optional(),
});
export type ApplicationState = z.infer<typeof applicationState>;

export const NEW_APPLICATION: ApplicationState = { live: {}, compared: { revision: '', wanted: {} } };

type Options = {
  name: string;
  repository: string;
  branch: string;
  valuesPath: string;
  /** How long an operation takes, and then a namespace until it is healthy, or gone. */
  reconcileMs: number;
  state: ApplicationState;
  behaviour(): ArgoCdBehaviour;
};

/** One application: what the branch wants, what the cluster has, and the operation that brings them together. */
export function createApplication({ name, repository, branch, valuesPath, reconcileMs, state, behaviour }: Options) {
  let frozen: ReturnType<typeof render> | undefined;

  async function compare(): Promise<void> {
    const git = async (...args: string[]) => {
      const { stdout } = await execute('git', ['--git-dir', repository, ...args], { env: GIT_ENV, maxBuffer: 2 ** 26 });
      return stdout;
    };
    try {
      const revision = (await git('rev-parse', '--verify', `refs/heads/${branch}`)).trim();
      if (revision === state.compared.revision && !state.compared.error) return;
      const listed = await git('ls-tree', '--name-only', revision, valuesPath);
      const text = listed.trim() ? await git('show', `${revision}:${valuesPath}`) : '';
      state.compared = { revision, ...readEntries(text, state.compared.wanted) };
    } catch {
      state.compared.error = 'Failed to load target state: the repository cannot be read';
    }
  }

  /** Brings the application to the present: the operation that is due is done, and what was going is gone. */
  async function advance(now: number): Promise<void> {
    const running = state.operation;
    if (running && !running.done && now - running.askedAt >= reconcileMs) {
      await compare();
      running.done = { at: now, revision: state.compared.revision, ...apply(now, running.prune) };
    }
    for (const [namespace, { goingSince }] of Object.entries(state.live)) {
      if (goingSince !== undefined && now - goingSince >= reconcileMs) delete state.live[namespace];
    }
  }

  function apply(now: number, prune: boolean) {
    const { wanted, error } = state.compared;
    if (error) return { phase: 'Error', message: error, resources: [] };
    const failing = behaviour().sync_failed;
    const resources = Object.entries(wanted).flatMap(([namespace, entry]) => {
      const failure = failing[namespace];
      if (failure !== undefined) return resultsFor(namespace, 'SyncFailed', failure);
      const live = state.live[namespace];
      if (live?.entry !== entry || live.goingSince !== undefined) state.live[namespace] = { entry, since: now };
      return resultsFor(namespace, 'Synced', 'serverside-applied');
    });
    resources.push(...pruneUnwanted(now, prune));
    const failed = resources.find((resource) => resource.status === 'SyncFailed');
    return failed
      ? { phase: 'Failed', message: `one or more objects failed to apply, reason: ${failed.message}`, resources }
      : { phase: 'Succeeded', message: 'successfully synced (all tasks run)', resources };
  }

  function pruneUnwanted(now: number, prune: boolean) {
    return Object.entries(state.live)
      .filter(([namespace]) => state.compared.wanted[namespace] === undefined)
      .flatMap(([namespace, live]) => {
        if (!prune || behaviour().never_prune)
          return resultsFor(namespace, 'PruneSkipped', 'ignored (requires pruning)');
        live.goingSince ??= now;
        return resultsFor(namespace, 'Pruned', 'pruned');
      });
  }

  function render(now: number) {
    const { compared } = state;
    const resources = listResources(compared.wanted, state.live, {
      now,
      settleMs: reconcileMs,
      behaviour: behaviour(),
    });
    const { sync, health } = summarise(resources);
    return {
      ...envelope(),
      status: {
        sync: { status: compared.error ? 'Unknown' : sync, revision: compared.revision },
        health: { status: health },
        resources,
        ...(compared.error && { conditions: [{ type: 'ComparisonError', message: compared.error }] }),
        ...operationState(now),
        reconciledAt: new Date(now).toISOString(),
        sourceType: 'Helm',
      },
    };
  }

  const envelope = () => ({
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: repository, path: 'helm/tenants', targetRevision: branch, helm: { valueFiles: [valuesPath] } },
      destination: { server: 'https://kubernetes.default.svc' },
      ...(behaviour().auto_sync && { syncPolicy: { automated: { prune: true } } }),
    },
  });

  const operationBody = ({ prune, info, automated }: z.infer<typeof operation>) => ({
    sync: { prune, revision: state.compared.revision },
    info,
    initiatedBy: automated ? { automated } : { username: 'infrahub' },
  });

  /** Absent until the controller has picked the operation up, as in Argo CD. */
  function operationState(now: number) {
    const last = state.operation;
    if (!last || (!last.done && now - last.askedAt < reconcileMs / 4)) return {};
    return {
      operationState: {
        operation: operationBody(last),
        startedAt: new Date(last.askedAt).toISOString(),
        phase: last.done?.phase ?? 'Running',
        message: last.done?.message ?? 'waiting for completion of the sync',
        ...(last.done && {
          finishedAt: new Date(last.done.at).toISOString(),
          syncResult: {
            revision: last.done.revision,
            resources: last.done.resources,
            source: envelope().spec.source,
          },
        }),
      },
    };
  }

  const begin = (now: number, request: { prune: boolean; info: Info[]; automated: boolean }): void => {
    state.operation = { askedAt: now, ...request };
  };

  return {
    namespaces: (): string[] => Object.keys(state.live).sort(),

    async look(now: number, refresh: boolean) {
      if (behaviour().stale) {
        frozen ??= asIfAllWereWell(render(now));
        return frozen;
      }
      frozen = undefined;
      if (refresh || state.compared.revision === '') await compare();
      const outOfSync = () => render(now).status.sync.status === 'OutOfSync';
      const idle = !state.operation || state.operation.done;
      if (behaviour().auto_sync && idle && outOfSync()) begin(now, { prune: true, info: [], automated: true });
      await advance(now);
      return render(now);
    },

    /** Begins an operation; undefined while another one runs. */
    async sync(now: number, request: { prune: boolean; info: Info[] }) {
      await advance(now);
      if (state.operation && !state.operation.done) return undefined;
      begin(now, { ...request, automated: false });
      const { operationState: _, ...status } = render(now).status;
      return { ...envelope(), operation: operationBody({ askedAt: now, ...request, automated: false }), status };
    },

    /** Ends a running operation. */
    terminate(now: number): boolean {
      const running = state.operation;
      if (!running || running.done) return false;
      const message = 'Operation terminated';
      running.done = { at: now, phase: 'Failed', message, revision: state.compared.revision, resources: [] };
      return true;
    },
  };
}

type Rendered = { status: { sync: { status: string }; health: { status: string } } };

function asIfAllWereWell<T extends Rendered>(application: T): T {
  const { status } = application;
  return {
    ...application,
    status: { ...status, sync: { ...status.sync, status: 'Synced' }, health: { status: 'Healthy' } },
  };
}

const valuesFile = z.object({ namespaces: z.record(z.string(), z.unknown()).nullish() }).nullish();

/** What a values file wants; what was wanted before, and the reason, where it cannot be read. */
function readEntries(text: string, before: Entries): { wanted: Entries; error?: string } {
  try {
    // Helm reads YAML 1.1.
    const entries = valuesFile.parse(parse(text, { version: '1.1' }))?.namespaces ?? {};
    return {
      wanted: Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, JSON.stringify(entry)])),
    };
  } catch {
    return { wanted: before, error: 'Failed to load target state: the values file cannot be parsed' };
  }
}
