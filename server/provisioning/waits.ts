import { type Db, inBackground } from '../platform/database.ts';
import { changeProjects } from '../projects/projects.changes.ts';
import { reasonOf } from './operation.rules.ts';
import {
  lockProjectsOf,
  type Operation,
  startWaiting,
  stopWaiting,
  type WaitingFor,
} from './provisioning.repository.ts';

const WORDS = {
  git: 'Waiting for Git',
  values_file: 'Waiting for the values file to be mended',
  argocd: 'Waiting for Argo CD',
  sync_window: 'Waiting for a sync window of Argo CD',
  operation: 'Waiting for another operation in Argo CD to end',
} as const satisfies Record<WaitingFor, string>;

/** Says on every project what it waits for and since when; on its timeline only when the wait begins. */
export async function keepWaiting(db: Db, operations: Operation[], waitingFor: WaitingFor, why: string): Promise<void> {
  const changed = operations.filter((o) => o.waitingFor !== waitingFor || o.waitingReason !== why);
  if (changed.length === 0) return;
  await inBackground(db, async (tx) => {
    const ids = changed.map((o) => o.id);
    await lockProjectsOf(tx, ids);
    const since = await startWaiting(tx, ids, waitingFor, why);
    const changes = changed.flatMap((operation) => {
      const start = since.get(operation.id);
      if (start === undefined) return [];
      const message = `${WORDS[waitingFor]} since ${start.slice(11, 16)} UTC: ${withoutStop(why)}`;
      const { projectId, requestId } = operation;
      const event = { kind: 'waiting' as const, message };
      const begins = operation.waitingFor !== waitingFor;
      return [{ projectId, requestId, reason: reasonOf(operation, message), ...(begins && { event }) }];
    });
    await changeProjects(tx, changes);
  });
}

/** Takes back what `keepWaiting` said, once the outside answers again. */
export async function endWaiting(db: Db, operations: Operation[]): Promise<void> {
  const waiting = operations.filter((o) => o.waitingFor !== null);
  if (waiting.length === 0) return;
  await inBackground(db, async (tx) => {
    const ids = waiting.map((o) => o.id);
    await lockProjectsOf(tx, ids);
    const resumed = await stopWaiting(tx, ids);
    const changes = waiting.filter((o) => resumed.has(o.id));
    await changeProjects(
      tx,
      changes.map((o) => ({ projectId: o.projectId, requestId: o.requestId, reason: reasonOf(o) })),
    );
  });
}

const withoutStop = (text: string): string => text.replace(/\.\s*$/, '');
