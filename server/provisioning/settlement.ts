import { type Db, inBackground, type Tx } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import { changeProjects } from '../projects/projects.changes.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { canFail, type End, endOf, failureOf, isUndone, type OperationEnd, reasonOf } from './operation.rules.ts';
import { enqueueWrite } from './provisioning.jobs.ts';
import { advance, lockProjectsOf, ON_THE_WAY, type Operation, unmoved } from './provisioning.repository.ts';
import type { Verdict } from './verdict.rules.ts';

type Usage = NonNullable<End['usage']>;
export type Judged = { operation: Operation; verdict: Verdict };

export type SettlementOptions = {
  db: Db;
  quotas: Pick<QuotasService, 'changeUsage'>;
  timeoutSeconds: number;
  onEnd?: ((end: OperationEnd) => void) | undefined;
  log: Log;
};

/** Writes down what verdicts mean. Everything is guarded by the operation's state, so that a second time does nothing. */
export function createSettlement({ db, quotas, timeoutSeconds, onEnd, log }: SettlementOptions) {
  /** Ends operations that still go on, whose projects become what they are to become; answers those that it ended. */
  async function end(tx: Tx, operations: Operation[]): Promise<Operation[]> {
    await lockProjectsOf(tx, idsOf(operations));
    const there = operations.filter((o) => !isUndone(o));
    const done = new Set([
      ...(await advance(tx, idsOf(there), ON_THE_WAY, { state: 'succeeded' })),
      ...(await advance(tx, idsOf(operations.filter(isUndone)), ['undone'], { state: 'failed' })),
    ]);
    const ended = operations.filter(({ id }) => done.has(id));
    await changeProjects(
      tx,
      ended.map((o) => ({ projectId: o.projectId, requestId: o.requestId, ...endOf(o).change })),
    );
    return ended;
  }

  /** Those that give no quota back end together. */
  async function finish(operations: Operation[]): Promise<void> {
    if (operations.length > 0) report(await inBackground(db, (tx) => end(tx, operations)));
  }

  /** The end of one that gives quota back, which locks its team's quota first: both in one transaction and once. */
  async function finishAndGiveBack(operation: Operation, usage: Usage): Promise<void> {
    const { id: operationId, projectId, teamId, site } = operation;
    const finished = await inBackground(db, async (tx) => {
      if (!(await quotas.changeUsage(tx, { teamId, site, projectId, operationId, ...usage }))) return [];
      const ended = await end(tx, [operation]);
      if (ended.length === 0) throw new Error('quota that is not held was given back');
      return ended;
    });
    report(finished);
  }

  function report(finished: Operation[]): void {
    if (finished.length === 0) return;
    for (const operation of finished) {
      const outcome = isUndone(operation) ? 'rolled_back' : 'succeeded';
      onEnd?.({ kind: operation.kind, outcome, seconds: operation.ageSeconds });
    }
    log.info({ projects: finished.map((o) => o.projectId) }, 'operations have come to their end');
  }

  /** The entry is to be as before again; what is held stays held until that is so in the cluster as well. */
  async function turnBack(operation: Operation, why: string): Promise<void> {
    const { id, kind, projectId, requestId } = operation;
    const { to, reason } = failureOf(operation, why);
    await inBackground(db, async (tx) => {
      await lockProjectsOf(tx, [id]);
      const turned = await advance(tx, [id], ON_THE_WAY, { state: 'undoing', reason });
      if (!turned.has(id)) return;
      const event = { kind: 'failing' as const, message: reason };
      const held = reasonOf({ kind, state: 'undoing', reason });
      await changeProjects(tx, [{ projectId, requestId, to, reason: held, event }]);
      await enqueueWrite(tx, requestId);
    });
    log.info({ project: projectId, failure: reason }, `a ${kind} is undone`);
  }

  async function explain(waiting: { operation: Operation; reason: string }[]): Promise<void> {
    const changed = waiting
      .map(({ operation, reason }) => ({ operation, reason: reasonOf(operation, reason) }))
      .filter(({ operation, reason }) => reason !== operation.statusReason);
    if (changed.length === 0) return;
    await inBackground(db, async (tx) => {
      const operations = changed.map(({ operation }) => operation);
      await lockProjectsOf(tx, idsOf(operations));
      const still = await unmoved(tx, operations);
      await changeProjects(
        tx,
        changed.flatMap(({ operation: { id, projectId, requestId }, reason }) =>
          still.has(id) ? [{ projectId, requestId, reason }] : [],
        ),
      );
    });
  }

  /** Why an operation has failed, if it has. */
  function failureIn({ operation, verdict }: Judged): string | undefined {
    if (verdict.kind === 'failed') return verdict.message;
    if (verdict.kind !== 'wait' || !operation.isOverdue || !canFail(operation)) return undefined;
    return `Not ready within ${duration(timeoutSeconds)}: ${verdict.reason}`;
  }

  return async (judged: Judged[]): Promise<void> => {
    const done = judged.filter(({ verdict }) => verdict.kind === 'done').map(({ operation }) => operation);
    await finish(done.filter((o) => !endOf(o).usage));
    for (const operation of done) {
      const { usage } = endOf(operation);
      if (usage) await finishAndGiveBack(operation, usage);
    }
    const waiting: { operation: Operation; reason: string }[] = [];
    for (const one of judged) {
      const failure = failureIn(one);
      if (failure !== undefined) await turnBack(one.operation, failure);
      else if (one.verdict.kind === 'wait') waiting.push({ operation: one.operation, reason: one.verdict.reason });
    }
    await explain(waiting);
  };
}

const idsOf = (operations: Operation[]): string[] => operations.map((o) => o.id);

const duration = (seconds: number): string =>
  seconds % 60 === 0 ? `${seconds / 60} minute${seconds === 60 ? '' : 's'}` : `${seconds} seconds`;
