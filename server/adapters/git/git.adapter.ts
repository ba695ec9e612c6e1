import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../platform/log.ts';
import { type CacheSettings, createCache, fetchHead, REMOTE_HEAD } from './cache.ts';
import { CommandFailed, type Git } from './command.ts';
import { wasOvertaken } from './failure.ts';
import { type Author, commitFiles, readFiles } from './tree.ts';
import { type FileEdit, GitError, type ValuesRepository } from './values-repository.port.ts';

export type GitSettings = CacheSettings & Author;

const ATTEMPTS = 8;
const SHORTEST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5000;

/**
 * The values repository over a path, HTTPS or SSH. Operations of one instance run one at a time. `close` deletes its copy of
 * the repository, which lies in `folder` or, without one, in a temporary folder of its own.
 */
export function createValuesRepository(
  settings: GitSettings,
  log: Log,
  folder?: string,
): ValuesRepository & { close(): Promise<void> } {
  const branch = settings.GIT_BRANCH;
  const cache = createCache(settings, log, folder);
  const oneAtATime = createQueue();

  type Work = { edits: ReadonlyMap<string, FileEdit>; message: string; beforePush: (() => void) | undefined };

  /** Puts the edits on top of the remote's newest state. Undefined when somebody else pushed first. */
  async function writeOnTop(git: Git, { edits, message, beforePush }: Work): Promise<string | undefined> {
    await fetchHead(git, branch);
    const { head, files } = await readFiles(git, [...edits.keys()]);
    const changed = [...edits].flatMap(([path, edit]) => {
      const before = files.get(path);
      const text = edit(before);
      return text === before ? [] : [{ path, text }];
    });
    if (changed.length === 0 && (await isNamed(git, message))) return head;
    const commit = await commitFiles(git, settings, { parent: head, files: changed, message });
    beforePush?.();
    return (await push(git, commit)) ? commit : undefined;
  }

  /** True when the commit is on the remote branch, false when somebody else was there first. */
  async function push(git: Git, commit: string): Promise<boolean> {
    try {
      await git.text(['push', '--porcelain', 'origin', `${commit}:refs/heads/${branch}`]);
      return true;
    } catch (error) {
      // "Push failed" is not "not pushed": the answer may have been lost, and what was sent again refused.
      if (await hasLanded(git, commit)) {
        log.info({ commit }, 'a push reported a failure but had arrived');
        return true;
      }
      if (error instanceof CommandFailed && wasOvertaken(error)) return false;
      throw error;
    }
  }

  async function hasLanded(git: Git, commit: string): Promise<boolean> {
    try {
      await fetchHead(git, branch);
      return (await isAncestor(git, commit, REMOTE_HEAD)) === true;
    } catch {
      return false;
    }
  }

  return {
    write: (edits, message, beforePush) =>
      oneAtATime(() =>
        cache.use(async (git) => {
          for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
            const commit = await writeOnTop(git, { edits, message, beforePush });
            if (commit !== undefined) return { commit };
            log.info({ attempt }, 'somebody else pushed first; the edits are applied again on top');
            if (attempt < ATTEMPTS) await sleep(waitBefore(attempt));
          }
          throw new GitError(
            'contended',
            `Others pushed to the branch first, ${ATTEMPTS} times in a row; it is tried again.`,
          );
        }),
      ),

    read: (path) =>
      oneAtATime(() =>
        cache.use(async (git) => {
          await fetchHead(git, branch);
          const { head, files } = await readFiles(git, [path]);
          return { commit: head, text: files.get(path) };
        }),
      ),

    async contains(revision, commit) {
      if (!isCommitId(revision) || !isCommitId(commit)) return false;
      if (revision === commit) return true;
      return oneAtATime(() =>
        cache.use(async (git) => {
          const known = await isAncestor(git, commit, revision);
          if (known !== undefined) return known;
          await fetchHead(git, branch);
          return (await isAncestor(git, commit, revision)) ?? false;
        }),
      );
    },

    close: () => oneAtATime(cache.clear),
  };
}

const isCommitId = (text: string): boolean => /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);

/** Far more than are made between a push and the look for it. */
const COMMITS_LOOKED_AT = 1000;

/** Whether the branch has commits that name all operations of the message. */
async function isNamed(git: Git, message: string): Promise<boolean> {
  const named = message.split('\n').filter((line) => line.startsWith('InfraHub-Operation: '));
  if (named.length === 0) return true;
  const log = await git.text(['log', `--max-count=${COMMITS_LOOKED_AT}`, '--format=%B', REMOTE_HEAD]);
  const lines = new Set(log.split('\n'));
  return named.every((line) => lines.has(line));
}

/** Undefined when the copy does not know one of the two. */
async function isAncestor(git: Git, commit: string, revision: string): Promise<boolean | undefined> {
  try {
    await git.text(['merge-base', '--is-ancestor', commit, revision]);
    return true;
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode === 1) return false;
    if (error instanceof CommandFailed && /not a valid (commit|object) name/i.test(error.stderr)) return undefined;
    throw error;
  }
}

/** Full jitter, so that two writers who met do not meet again. */
function waitBefore(attempt: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** attempt);
  return SHORTEST_WAIT_MS + Math.random() * (longest - SHORTEST_WAIT_MS);
}

function createQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
