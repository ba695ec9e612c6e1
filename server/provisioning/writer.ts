import { type FileEdit, GitError, type ValuesRepository } from '../adapters/git/values-repository.port.ts';
import { type Db, inTransaction } from '../platform/database.ts';
import type { JobPayload } from '../platform/jobs.ts';
import type { Log } from '../platform/log.ts';
import { changeProjects, type ProjectChange } from '../projects/projects.changes.ts';
import { commitMessage } from './commit-message.rules.ts';
import { asTheOneWriter } from './one-writer.ts';
import { enqueueWatch, enqueueWrite } from './provisioning.jobs.ts';
import { advance, listOpenOperations, lockProjectsOf, type Operation, TO_WRITE } from './provisioning.repository.ts';
import { applicationOf, type Targets, valuesPathOf } from './targets.rules.ts';
import { editValuesFile, type NamespaceEntry, ValuesFileError } from './values-file.rules.ts';
import { heldBecause, keepWaiting } from './waits.ts';

/** Seconds until the writer tries again what it could not write. */
export const RETRY_SECONDS = 5;

type WriterOptions = { db: Db; repository: ValuesRepository; targets: Targets; log: Log };

/**
 * The job that brings the values files to what the database says: everything that waits, as one commit. It may be
 * killed anywhere: what is on the remote already is found there again and changes nothing.
 */
export function createWriter({ db, repository, targets, log }: WriterOptions) {
  /** Writes the files that can be written. Answers whether something has to be tried again. */
  async function write(operations: Operation[], requestId: string): Promise<boolean> {
    const pathOf = (o: Operation) => valuesPathOf(targets, o.site);
    const paths = [...new Set(operations.map(pathOf))];
    const files = new Map(paths.map((path) => [path, operations.filter((o) => pathOf(o) === path)]));
    let isComplete = true;
    while (files.size > 0) {
      const pending = [...files.values()].flat();
      const unusable = new Map<string, ValuesFileError>();
      try {
        const { commit } = await repository.write(editsOf(files, unusable), commitMessage(pending));
        await saveCommit(pending, commit, requestId);
        log.info({ commit, projects: pending.length }, 'values files written');
        return isComplete;
      } catch (error) {
        if (error instanceof GitError) {
          log.warn({ err: error, projects: pending.length }, 'the values files could not be written');
          await keepWaiting(db, pending, 'git', error.message);
          return false;
        }
        const [bad] = unusable;
        if (!bad) throw error;
        const [path, { message }] = bad;
        log.error({ path, projects: files.get(path)?.length }, `the values file cannot be edited: ${message}`);
        await keepWaiting(db, files.get(path) ?? [], 'values_file', `${path}: ${message}`);
        files.delete(path);
        isComplete = false;
      }
    }
    return isComplete;
  }

  /** Notes in one transaction what the commit holds, and has Argo CD's side begin. */
  async function saveCommit(written: Operation[], commitSha: string, requestId: string): Promise<void> {
    await inTransaction(db, async (tx) => {
      const ids = (state: Operation['state']) => written.filter((o) => o.state === state).map((o) => o.id);
      await lockProjectsOf(
        tx,
        written.map((o) => o.id),
      );
      const put = await advance(tx, ids('requested'), ['requested'], { state: 'committed', commitSha });
      const removed = await advance(tx, ids('undoing'), ['undoing'], {
        state: 'undone',
        commitSha,
        askedAt: 'not yet',
      });
      const moved = written.filter((o) => put.has(o.id) || removed.has(o.id));
      const late = written.filter((o) => !moved.includes(o));
      if (late.length > 0)
        log.error({ projects: late.map((o) => o.projectId) }, 'written after it was decided otherwise');
      await changeProjects(
        tx,
        moved.map((o) => changeOf(o, commitSha)),
      );
      for (const application of new Set(moved.map((o) => applicationOf(targets, o.site)))) {
        await enqueueWatch(tx, application, requestId);
      }
    });
  }

  return async ({ request_id }: JobPayload): Promise<void> => {
    let isComplete = true;
    const wasAlone = await asTheOneWriter(db, async () => {
      const waiting = await listOpenOperations(db, TO_WRITE);
      if (waiting.length > 0) isComplete = await write(waiting, request_id);
    });
    if (!wasAlone || !isComplete) await enqueueWrite(db, request_id, RETRY_SECONDS);
  };
}

/** An edit for each file; what makes a file unusable is kept under its path. */
function editsOf(files: Map<string, Operation[]>, unusable: Map<string, ValuesFileError>): Map<string, FileEdit> {
  return new Map(
    [...files].map(([path, operations]): [string, FileEdit] => {
      const put = new Map(operations.filter((o) => o.state === 'requested').map((o) => [o.namespace, entryOf(o)]));
      const remove = new Set(operations.filter((o) => o.state === 'undoing').map((o) => o.namespace));
      return [
        path,
        (text) => {
          try {
            return editValuesFile(text, { put, remove });
          } catch (error) {
            if (error instanceof ValuesFileError) unusable.set(path, error);
            throw error;
          }
        },
      ];
    }),
  );
}

const entryOf = (o: Operation): NamespaceEntry => ({
  team_id: o.teamId,
  project: o.name,
  site: o.site,
  sla: o.sla,
  tier: o.tier,
  cpu: o.cpu,
  ram_gb: o.ramGb,
});

function changeOf({ projectId, requestId, state, reason }: Operation, commit: string): ProjectChange {
  const details = { commit };
  const short = commit.slice(0, 7);
  return state === 'requested'
    ? {
        projectId,
        requestId,
        reason: null,
        event: { kind: 'committed', message: `Written to Git in commit ${short}`, details },
      }
    : {
        projectId,
        requestId,
        reason: heldBecause(reason ?? ''),
        event: { kind: 'removed', message: `Removed from Git in commit ${short}`, details },
      };
}
