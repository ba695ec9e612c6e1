import type { Config } from '../../platform/config.ts';
import { REMOTE_HEAD } from './cache.ts';
import type { Git } from './command.ts';
import { GitError } from './values-repository.port.ts';

/** Some files of the branch, at the head that was fetched last. */
export type Snapshot = { head: string; files: ReadonlyMap<string, string> };

/**
 * Reads the fetched head and files in it, in one git process. A file that is not there is not in the answer.
 * @throws CommandFailed
 * @throws GitError `misconfigured` where a path is no file, or no text.
 */
export async function readFiles(git: Git, paths: string[]): Promise<Snapshot> {
  const answer = await git.catFile([REMOTE_HEAD, ...paths.map((path) => `${REMOTE_HEAD}:${path}`)]);
  const [head, ...objects] = parseBatch(answer);
  if (!head?.id) throw new GitError('unavailable', 'The branch cannot be read from InfraHub’s own copy.');
  const files = new Map<string, string>();
  for (const [index, path] of paths.entries()) {
    const object = objects[index];
    if (object?.id) files.set(path, asText(path, object));
  }
  return { head: head.id, files };
}

type GitObject = { id: string | undefined; kind: string; content: Buffer };

/** The format of `cat-file --batch`: `<id> <kind> <size>`, the content, a line break; or `<name> missing`. */
function parseBatch(answer: Buffer): GitObject[] {
  const objects: GitObject[] = [];
  for (let at = 0; at < answer.length; ) {
    const lineEnd = answer.indexOf('\n', at);
    const [id, kind = '', size] = answer.subarray(at, lineEnd).toString().split(' ');
    at = lineEnd + 1;
    if (size === undefined) {
      objects.push({ id: undefined, kind, content: Buffer.alloc(0) });
      continue;
    }
    const end = at + Number(size);
    objects.push({ id, kind, content: answer.subarray(at, end) });
    at = end + 1;
  }
  return objects;
}

function asText(path: string, { kind, content }: GitObject): string {
  if (kind !== 'blob') {
    throw new GitError('misconfigured', `${path} in the repository is not a file. Correct HELM_VALUES_PATH.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new GitError('misconfigured', `${path} in the repository is not text in UTF-8. Repair the file.`);
  }
}

export type Author = Pick<Config, 'GIT_AUTHOR_NAME' | 'GIT_AUTHOR_EMAIL'>;

type NewCommit = { parent: string; files: { path: string; text: string }[]; message: string };

/**
 * Makes blobs, trees and the commit in one git process: no index, no work tree, no lock that could be left behind.
 * @throws CommandFailed
 */
export async function commitFiles(git: Git, author: Author, { parent, files, message }: NewCommit): Promise<string> {
  const stream = [
    'commit refs/infrahub/next\nmark :1\n',
    `committer ${plain(author.GIT_AUTHOR_NAME)} <${plain(author.GIT_AUTHOR_EMAIL)}> now\n`,
    data(message),
    `from ${parent}\n`,
    ...files.map(({ path, text }) => `M 100644 inline ${path}\n${data(text)}`),
    '\nget-mark :1\ndone\n',
  ].join('');
  // `--force` is about our own scratch reference, which jumps from one commit to the next, unrelated one.
  const answer = await git.text(['fast-import', '--quiet', '--force', '--done', '--date-format=now'], stream);
  return answer.trim();
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

const plain = (text: string): string => text.replaceAll(/[<>\n\0]/g, '').trim();
