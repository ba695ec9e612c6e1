import type { Size } from '../../db/schema/index.ts';
import { type FileEdit, GitError, type ValuesRepository } from '../adapters/git/values-repository.port.ts';
import { type Db, inBackground } from '../platform/database.ts';
import type { JobPayload } from '../platform/jobs.ts';
import type { Log } from '../platform/log.ts';
import { changeProjects, type ProjectChange } from '../projects/projects.changes.ts';
import { commitMessage } from './commit-message.rules.ts';
import { type AssertMine, asTheOneWriter } from './one-writer.ts';
import { isUndone, reasonOf, wantedOf } from './operation.rules.ts';
import { enqueueWatch, enqueueWrite, isMoreOnItsWay } from './provisioning.jobs.ts';
import { advance, listOpenOperations, lockProjectsOf, type Operation, TO_WRITE } from './provisioning.repository.ts';
import { applicationOf, type Targets, valuesPathOf } from './targets.rules.ts';
import { editValuesFile, type NamespaceEntry, type ValuesChange, ValuesFileError } from './values-file.rules.ts';
import { keepWaiting } from './waits.ts';

/** Seconds until the writer tries again what it could not write. */
export const RETRY_SECONDS = 5;

type WriterOptions = {
  db: Db;
  repository: Pick<ValuesRepository, 'write'>;
  targets: Targets;
  /** As for `asTheOneWriter`. */
  silenceSeconds: number;
  log: Log;
};

/**
 * The job that brings the values files to what the database says: everything that waits, as one commit. It may be
 * killed anywhere: what is on the remote already is found there again and changes nothing.
 */
export function createWriter({ db, repository, targets, silenceSeconds, log }: WriterOptions) {
  /** Writes the files that can be written. Answers whether something has to be tried again. */
  async function write(operations: Operation[], requestId: string, assertMine: AssertMine): Promise<boolean> {
    const pathOf = (o: Operation) => valuesPathOf(targets, o.site);
    const paths = [...new Set(operations.map(pathOf))];
    const files = new Map(paths.map((path) => [path, operations.filter((o) => pathOf(o) === path)]));
    let isComplete = true;
    while (files.size > 0) {
      const pending = [...files.values()].flat();
      const unusable = new Map<string, ValuesFileError>();
      try {
        const { commit } = await repository.write(editsOf(files, unusable), commitMessage(pending), assertMine);
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
    await inBackground(db, async (tx) => {
      const ids = (state: Operation['state']) => written.filter((o) => o.state === state).map((o) => o.id);
      await lockProjectsOf(
        tx,
        written.map((o) => o.id),
      );
      const there = await advance(tx, ids('requested'), ['requested'], { state: 'committed', commitSha });
      const back = await advance(tx, ids('undoing'), ['undoing'], { state: 'undone', commitSha, askedAt: 'not yet' });
      const moved = written.filter((o) => there.has(o.id) || back.has(o.id));
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
    const isMoreToCome = await isMoreOnItsWay(db);
    const wasAlone = await asTheOneWriter(db, silenceSeconds, async (assertMine) => {
      const waiting = await listOpenOperations(db, TO_WRITE);
      if (waiting.length > 0) isComplete = await write(waiting, request_id, assertMine);
    });
    if (!wasAlone || !isComplete) await enqueueWrite(db, request_id, RETRY_SECONDS);
    else if (isMoreToCome) await enqueueWrite(db, request_id);
  };
}

/** An edit for each file; what makes a file unusable is kept under its path. */
function editsOf(files: Map<string, Operation[]>, unusable: Map<string, ValuesFileError>): Map<string, FileEdit> {
  return new Map(
    [...files].map(([path, operations]): [string, FileEdit] => {
      const change = changeFor(operations);
      return [
        path,
        (text) => {
          try {
            return editValuesFile(text, change);
          } catch (error) {
            if (error instanceof ValuesFileError) unusable.set(path, error);
            throw error;
          }
        },
      ];
    }),
  );
}

/** What operations want of their file. */
function changeFor(operations: Operation[]): ValuesChange {
  const put = new Map<string, NamespaceEntry>();
  const remove = new Set<string>();
  for (const operation of operations) {
    const { namespace, teamId, name, site } = operation;
    const size = wantedOf(operation);
    if (size) put.set(namespace, entryOf({ team_id: teamId, project: name, site }, size));
    else remove.add(namespace);
  }
  return { put, remove };
}

const entryOf = (whose: Pick<NamespaceEntry, 'team_id' | 'project' | 'site'>, size: Size): NamespaceEntry => ({
  ...whose,
  sla: size.sla,
  tier: size.tier,
  cpu: size.cpu,
  ram_gb: size.ram_gb,
});

/** What the commit means for an operation's project. */
function changeOf(operation: Operation, commit: string): ProjectChange {
  const { projectId, requestId } = operation;
  const isThere = wantedOf(operation) !== null;
  const written = isUndone(operation) ? 'Written back to' : 'Written to';
  const message = `${isThere ? written : 'Removed from'} Git in commit ${commit.slice(0, 7)}`;
  const event = { kind: isThere ? ('committed' as const) : ('removed' as const), message, details: { commit } };
  return { projectId, requestId, reason: reasonOf(operation), event };
}
