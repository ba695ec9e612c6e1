import { type Db, inTransaction } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import { changeProjects } from '../projects/projects.changes.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { enqueueWrite } from './provisioning.jobs.ts';
import { advance, lockProjectsOf, type Operation } from './provisioning.repository.ts';
import type { ProvisionVerdict, RemovalVerdict } from './verdict.rules.ts';
import { heldBecause, reasonOf } from './waits.ts';

export type Judged = { operation: Operation; verdict: ProvisionVerdict | RemovalVerdict };

type SettlementOptions = { db: Db; quotas: Pick<QuotasService, 'changeUsage'>; timeoutSeconds: number; log: Log };

/** Writes down what verdicts mean. Everything is guarded by the operation's state, so that a second time does nothing. */
export function createSettlement({ db, quotas, timeoutSeconds, log }: SettlementOptions) {
  const IN_ARGOCD = ['committed', 'syncing'] as const;

  async function activate(operations: Operation[]): Promise<void> {
    if (operations.length === 0) return;
    await inTransaction(db, async (tx) => {
      const ids = operations.map((o) => o.id);
      await lockProjectsOf(tx, ids);
      const done = await advance(tx, ids, IN_ARGOCD, { state: 'succeeded' });
      const event = { kind: 'healthy' as const, message: 'The namespace is there and healthy' };
      await changeProjects(
        tx,
        operations
          .filter((o) => done.has(o.id))
          .map((o) => ({ projectId: o.projectId, requestId: o.requestId, to: 'active' as const, reason: null, event })),
      );
    });
    log.info({ projects: operations.length }, 'projects are active');
  }

  /** The entry is to be removed again; the quota stays held until the namespace is gone for good. */
  async function rollBack(operation: Operation, failure: string): Promise<void> {
    const { id, projectId, requestId } = operation;
    const reason = failure.replace(/\.\s*$/, '');
    await inTransaction(db, async (tx) => {
      await lockProjectsOf(tx, [id]);
      const undone = await advance(tx, [id], IN_ARGOCD, { state: 'undoing', reason });
      if (!undone.has(id)) return;
      const event = { kind: 'failing' as const, message: reason };
      await changeProjects(tx, [{ projectId, requestId, to: 'rolling_back', reason: heldBecause(reason), event }]);
      await enqueueWrite(tx, requestId);
    });
    log.info({ project: operation.projectId, failure }, 'a project is rolled back');
  }

  /** The end of a failed project: `failed` and the release of its quota, in one transaction, once. */
  async function release({ id, projectId, requestId, teamId, site, cpu, ramGb, reason }: Operation): Promise<void> {
    await inTransaction(db, async (tx) => {
      const change = { teamId, site, projectId, operationId: id, kind: 'release' as const, cpu: -cpu, ramGb: -ramGb };
      if (!(await quotas.changeUsage(tx, change))) return;
      await lockProjectsOf(tx, [id]);
      const done = await advance(tx, [id], ['undone'], { state: 'failed' });
      if (!done.has(id)) throw new Error(`operation ${id} would release quota that it does not hold`);
      const event = { kind: 'failed' as const, message: `Cleaned up; ${cpu} cores and ${ramGb} GiB given back` };
      await changeProjects(tx, [{ projectId, requestId, to: 'failed', reason: `${reason ?? ''}.`, event }]);
    });
    log.info({ project: projectId }, 'a failed project is cleaned up');
  }

  async function explain(waiting: { operation: Operation; reason: string }[]): Promise<void> {
    const changes = waiting
      .map(({ operation: o, reason }) => ({ o, reason: reasonOf(o, reason) }))
      .filter(({ o, reason }) => reason !== o.statusReason)
      .map(({ o, reason }) => ({ projectId: o.projectId, requestId: o.requestId, reason }));
    if (changes.length > 0) await inTransaction(db, (tx) => changeProjects(tx, changes));
  }

  /** Why a project is to be rolled back, if it is. A removal has no deadline: its quota is held until it is done. */
  function failureOf({ operation, verdict }: Judged): string | undefined {
    if (verdict.kind === 'failed') return verdict.message;
    if (verdict.kind !== 'wait' || !operation.isOverdue || operation.state === 'undone') return undefined;
    return `Not ready within ${duration(timeoutSeconds)}: ${verdict.reason}`;
  }

  return async (judged: Judged[]): Promise<void> => {
    await activate(judged.filter(({ verdict }) => verdict.kind === 'healthy').map(({ operation }) => operation));
    const waiting: { operation: Operation; reason: string }[] = [];
    for (const one of judged) {
      const { operation, verdict } = one;
      const failure = failureOf(one);
      if (failure !== undefined) await rollBack(operation, failure);
      else if (verdict.kind === 'gone') await release(operation);
      else if (verdict.kind === 'wait') waiting.push({ operation, reason: verdict.reason });
    }
    await explain(waiting);
  };
}

const duration = (seconds: number): string =>
  seconds % 60 === 0 ? `${seconds / 60} minute${seconds === 60 ? '' : 's'}` : `${seconds} seconds`;
