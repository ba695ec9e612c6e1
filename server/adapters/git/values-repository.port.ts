/**
 * What becomes of one file. Gets its text (undefined while there is none) and answers the new text; applied again from
 * the start whenever somebody else pushed first, so it must be a function of its argument alone. May throw, which stops
 * the whole write and leaves the remote as it is.
 */
export type FileEdit = (text: string | undefined) => string;

/** The Git repository that Argo CD follows: the remote branch, not a copy of it. */
export type ValuesRepository = {
  /**
   * Applies the edits to the newest state of the branch and pushes them as one commit. Edits that change nothing make no
   * commit; the branch's head is answered then, which contains them already. Unless the message names operations
   * (lines `InfraHub-Operation: …`) that no commit on the branch names: then an empty one is pushed, so that the branch
   * has moved and refuses whatever somebody decided before and has on its way still.
   * @param beforePush is called right before each push; what it throws stops the write, with the remote as it was.
   * @throws GitError
   */
  write(edits: ReadonlyMap<string, FileEdit>, message: string, beforePush?: () => void): Promise<{ commit: string }>;
  /**
   * The file at the head of the branch, with that head; `text` is undefined while there is no such file.
   * @throws GitError
   */
  read(path: string): Promise<{ commit: string; text: string | undefined }>;
  /**
   * Whether `commit` is contained in `revision`. False also for a revision that the remote does not know.
   * @throws GitError
   */
  contains(revision: string, commit: string): Promise<boolean>;
};

/**
 * `unavailable`: cannot be reached, or did not answer in time; try again · `contended`: others pushed first, every time;
 * try again · `refused`: the remote says no (credentials, a protected branch, a hook); an operator has to act ·
 * `misconfigured`: no such repository or branch; an operator has to act.
 */
export type GitFailure = 'unavailable' | 'contended' | 'refused' | 'misconfigured';

/** A Git failure in words for an operator: what is wrong, and what to do. Carries no credential. */
export class GitError extends Error {
  readonly failure: GitFailure;
  constructor(failure: GitFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'GitError';
    this.failure = failure;
  }
}
