import { z } from 'zod';
import { type ArgoApplication, type ArgoCd, ArgoCdError } from '../adapters/argocd/argocd.port.ts';
import { GitError, type ValuesRepository } from '../adapters/git/values-repository.port.ts';
import { type Db, inBackground } from '../platform/database.ts';
import type { JobPayload } from '../platform/jobs.ts';
import type { Log } from '../platform/log.ts';
import { changeProjects } from '../projects/projects.changes.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { createLostCommits } from './lost-commits.ts';
import { reasonOf } from './operation.rules.ts';
import { enqueueWatch } from './provisioning.jobs.ts';
import { advance, listOpenOperations, lockProjectsOf, type Operation, TO_WATCH } from './provisioning.repository.ts';
import { createSettlement, type SettlementOptions } from './settlement.ts';
import { applicationOf, type Targets } from './targets.rules.ts';
import { judge, type Look } from './verdict.rules.ts';
import { endWaiting, keepWaiting } from './waits.ts';

type WatcherOptions = {
  db: Db;
  quotas: Pick<QuotasService, 'changeUsage'>;
  repository: Pick<ValuesRepository, 'contains' | 'read'>;
  argocd: ArgoCd;
  targets: Targets;
  pollSeconds: number;
  timeoutSeconds: number;
  onEnd?: SettlementOptions['onEnd'];
  log: Log;
};

const payloadShape = z.looseObject({ application: z.string() });

/**
 * The job that asks Argo CD to sync an application and looks at it, once for all its projects in flight, again and
 * again while there are any. All it knows is in the database, so it may be killed anywhere and go on elsewhere.
 */
export function createWatcher(options: WatcherOptions) {
  const { db, repository, argocd, targets, pollSeconds, timeoutSeconds, log } = options;
  const settle = createSettlement(options);
  const writeLostAgain = createLostCommits(options);

  async function inFlight(application: string): Promise<Operation[]> {
    const open = await listOpenOperations(db, TO_WATCH, timeoutSeconds);
    return open.filter((o) => applicationOf(targets, o.site) === application);
  }

  /** Asks for a sync of what was not asked for yet. */
  async function ask(application: string, operations: Operation[]): Promise<void> {
    const [first] = operations;
    if (!first) return;
    const answer = await argocd.sync(application, first.id);
    if (answer.kind === 'busy') return keepWaiting(db, operations, 'operation', 'it is asked again soon');
    if (answer.kind === 'blocked') return keepWaiting(db, operations, 'sync_window', answer.reason);
    await inBackground(db, async (tx) => {
      const ids = operations.map((o) => o.id);
      await lockProjectsOf(tx, ids);
      const there = await advance(tx, ids, ['committed'], { state: 'syncing', askedAt: 'now' });
      const back = await advance(tx, ids, ['undone'], { state: 'undone', askedAt: 'now' });
      const event = { kind: 'syncing' as const, message: 'Argo CD was asked to sync' };
      await changeProjects(
        tx,
        operations.flatMap((o) => {
          const change = { projectId: o.projectId, requestId: o.requestId, reason: reasonOf(o) };
          if (there.has(o.id)) return [{ ...change, event }];
          return back.has(o.id) ? [change] : [];
        }),
      );
    });
  }

  /** One look at the application settles all that Argo CD was asked for. Answers what another sync may help. */
  async function look(application: string, operations: Operation[]): Promise<Operation | undefined> {
    const seen = await argocd.getApplication(application, { refresh: true });
    const looks = await looksFor(seen, operations);
    await endWaiting(db, operations);
    const judged = operations.flatMap((operation) => {
      const at = looks.get(operation.commitSha ?? '');
      return at ? [{ operation, verdict: judge(at, operation), isSeen: at.contains(seen.sync.revision) }] : [];
    });
    await settle(judged);
    await writeLostAgain(judged.filter(({ isSeen }) => !isSeen).map(({ operation }) => operation));
    return judged.find(({ verdict }) => verdict.kind === 'wait' && verdict.askAgain)?.operation;
  }

  /** What the application's revisions mean for each commit that is waited for. */
  async function looksFor(application: ArgoApplication, operations: Operation[]): Promise<Map<string, Look>> {
    const looks = new Map<string, Look>();
    for (const commit of new Set(operations.flatMap((o) => o.commitSha ?? []))) {
      const containing = new Set<string>();
      for (const revision of new Set([application.sync.revision, application.operation?.revision])) {
        if (revision && (await repository.contains(revision, commit))) containing.add(revision);
      }
      looks.set(commit, { application, contains: (revision) => revision !== undefined && containing.has(revision) });
    }
    return looks;
  }

  /** First looks, so that a sync that begins now does not hide what the last one has done. */
  async function lookAndAsk(application: string, operations: Operation[]): Promise<void> {
    const asked = operations.filter((o) => o.askedAt !== null);
    const unasked = operations.filter((o) => o.askedAt === null);
    const unfinished = asked.length > 0 ? await look(application, asked) : undefined;
    if (unasked.length > 0) await ask(application, unasked);
    else if (unfinished) await argocd.sync(application, unfinished.id);
  }

  return async (payload: JobPayload): Promise<void> => {
    const { application } = payloadShape.parse(payload);
    const operations = await inFlight(application);
    if (operations.length === 0) return;
    try {
      await lookAndAsk(application, operations);
    } catch (error) {
      const down = error instanceof ArgoCdError ? 'argocd' : error instanceof GitError ? 'git' : undefined;
      if (!down || !(error instanceof Error)) throw error;
      log.warn({ err: error, application }, 'the application could not be looked at');
      await keepWaiting(db, await inFlight(application), down, error.message);
    }
    await enqueueWatch(db, application, payload.request_id, pollSeconds);
  };
}
