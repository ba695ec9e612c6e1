import type { ValuesRepository } from '../adapters/git/values-repository.port.ts';
import { type Db, inBackground } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import { changeProjects } from '../projects/projects.changes.ts';
import { reasonOf } from './operation.rules.ts';
import { enqueueWrite } from './provisioning.jobs.ts';
import { advance, lockProjectsOf, ON_THE_WAY, type Operation } from './provisioning.repository.ts';
import { type Targets, valuesPathOf } from './targets.rules.ts';

type Options = { db: Db; repository: Pick<ValuesRepository, 'contains' | 'read'>; targets: Targets; log: Log };

/**
 * Has the writer write again what is no longer on the branch because somebody rewrote its history: Argo CD can never come
 * to a commit that is gone. Takes the operations whose commit it has not come to yet.
 */
export function createLostCommits({ db, repository, targets, log }: Options) {
  async function isLost(operation: Operation): Promise<boolean> {
    const { commit: head } = await repository.read(valuesPathOf(targets, operation.site));
    return !(await repository.contains(head, operation.commitSha ?? head));
  }

  async function writeAgain(operations: Operation[]): Promise<void> {
    await inBackground(db, async (tx) => {
      const ids = operations.map((o) => o.id);
      await lockProjectsOf(tx, ids);
      const there = await advance(tx, ids, ON_THE_WAY, { state: 'requested', askedAt: 'not yet' });
      const back = await advance(tx, ids, ['undone'], { state: 'undoing', askedAt: 'not yet' });
      const message = 'The commit is gone from the branch, whose history was rewritten; it is written again';
      const moved = operations.filter((o) => there.has(o.id) || back.has(o.id));
      await changeProjects(
        tx,
        moved.map((o) => ({
          projectId: o.projectId,
          requestId: o.requestId,
          reason: reasonOf(o, message),
          event: { kind: 'waiting', message },
        })),
      );
      const [first] = moved;
      if (first) await enqueueWrite(tx, first.requestId);
    });
  }

  return async (unseen: Operation[]): Promise<void> => {
    const byCommit = new Map(unseen.map((o) => [o.commitSha, o]));
    for (const [commit, sample] of byCommit) {
      if (!(await isLost(sample))) continue;
      log.error({ commit }, 'a commit is gone from the branch; it is written again');
      await writeAgain(unseen.filter((o) => o.commitSha === commit));
    }
  };
}
