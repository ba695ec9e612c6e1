import type { CommandFailed } from './command.ts';
import { GitError, type GitFailure } from './values-repository.port.ts';

/** What the remote and the way to it say, and what it means. The first that matches counts. */
const MEANINGS: [RegExp, GitFailure, string][] = [
  [
    /hook declined|protected branch|not allowed to push/i,
    'refused',
    'The repository does not accept the push. Allow InfraHub’s account to push to the branch, or correct the hook that refuses it',
  ],
  [
    /Authentication failed|could not read (Username|Password)|HTTP Basic: Access denied|returned error: 401/i,
    'refused',
    'The repository does not accept the credentials. Renew GIT_TOKEN',
  ],
  [
    /^(Load key|no such identity)|UNPROTECTED PRIVATE KEY/m,
    'misconfigured',
    'The SSH key cannot be used. GIT_SSH_KEY_FILE has to name a private key without a passphrase that InfraHub alone may read',
  ],
  [
    /Permission denied \(/,
    'refused',
    'The repository does not accept the SSH key. Add its public half to InfraHub’s account there, or correct GIT_SSH_KEY_FILE, which has to be without a passphrase',
  ],
  [
    /returned error: 403|permission to .* denied|access denied/i,
    'refused',
    'The repository forbids the access. Give InfraHub’s account the right to read and push',
  ],
  [/couldn't find remote ref/, 'misconfigured', 'The repository has no such branch. Make it, or correct GIT_BRANCH'],
  [
    /returned error: 30\d|unable to update url base from redirection/,
    'misconfigured',
    'The repository has moved. Put its new address into GIT_REPO_URL',
  ],
  [
    /repository .* not found|does not appear to be a git repository|Repository not found|project you were looking for|returned error: (404|410)|does not exist/i,
    'misconfigured',
    'There is no such repository, or InfraHub’s account cannot see it. Correct GIT_REPO_URL',
  ],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'misconfigured',
    'The server shows another host key than the known one. Ask who runs it, and if it is right, put it into GIT_SSH_KNOWN_HOSTS_FILE',
  ],
  [
    /Host key verification failed/,
    'misconfigured',
    'The server’s host key is not known. Check it, and add it to GIT_SSH_KNOWN_HOSTS_FILE',
  ],
  [/SSL CA cert/, 'misconfigured', 'GIT_CA_FILE cannot be used. It has to name a PEM file that InfraHub may read'],
  [
    /certificate problem|certificate verification failed|certificate subject name/i,
    'misconfigured',
    'The server’s certificate is not trusted. If a private CA signed it, name that in GIT_CA_FILE; otherwise have it renewed',
  ],
  [
    /dubious ownership|transport '.*' not allowed|Unable to find remote helper/,
    'misconfigured',
    'Git does not use such a repository. Correct GIT_REPO_URL',
  ],
  [
    /Could not resolve host|Failed to connect|Couldn't connect|Connection |timed out|too slow|hung up|early EOF|RPC failed|Empty reply|transfer closed|SSL|TLS|certificate|returned error: \d|unpacker error|remote unpack failed|remote failed to report status|unexpected disconnect|protocol error|invalid server response|not valid: is this a git repository|Could not read from remote/i,
    'unavailable',
    'The repository cannot be reached',
  ],
];

/** Said by our own copy, not by the remote, whose words begin with `remote:`. */
const LOCAL_TROUBLE =
  /^(?!remote:).*(No space left|quota exceeded|\.lock': File exists|not a git repository|current working directory|unable to (write|create|read tree)|object file|loose object|bad object|corrupt|packfile|read-only file system)/im;

/** A status line of `git push --porcelain` that says: the branch has moved since. */
const OVERTAKEN =
  /^!\t.*\[(remote )?rejected\] \((fetch first|non-fast-forward|cannot lock ref|failed to update ref|stale info|incorrect old value|remote ref updated)/m;

export const wasOvertaken = (error: CommandFailed): boolean => OVERTAKEN.test(error.stdout);

/** What went wrong out there, in words for an operator; undefined where it is our own copy that does not work. */
export function remoteFailure(error: CommandFailed): GitError | undefined {
  if (error.timedOut)
    return new GitError('unavailable', 'The repository did not answer in time (GIT_TIMEOUT_SECONDS).');
  if (error.exitCode === 127 || / ENOENT/.test(error.stderr)) return undefined;
  const words = `${error.stderr}\n${error.stdout}`;
  if (LOCAL_TROUBLE.test(words)) return undefined;
  const meaning = MEANINGS.find(([pattern]) => pattern.test(words));
  if (!meaning) return undefined;
  const [, failure, message] = meaning;
  return new GitError(failure, `${message}. ${quote(error)}`);
}

const FULL = /^(?!remote:).*(No space left|quota exceeded)/im;

/** There is no room for our copy; nothing but room helps. */
export const diskIsFull = (said: string): GitError =>
  new GitError(
    'unavailable',
    `The disk of InfraHub’s temporary folder is full. Make room there, or point TMPDIR elsewhere; nothing is lost, and it is tried again. ${said}`,
  );

/** The copy stayed unusable although it was made anew. */
export function localFailure(error: CommandFailed): GitError {
  if (FULL.test(error.stderr)) return diskIsFull(quote(error));
  const message =
    'InfraHub’s own copy of the repository cannot be used. Look at the disk of the temporary folder, and that git is installed';
  return new GitError('unavailable', `${message}. ${quote(error)}`);
}

/** The lines that tell the reason, without progress, without credentials, and not too many. */
function quote(error: CommandFailed): string {
  const lines = `${error.stderr}\n${error.stdout}`
    .split('\n')
    .filter((line) =>
      /^(remote|fatal|error|!|ssh:|Permission denied|Host key|Load key|no such identity|No user exists|\[ERROR\])/.test(
        line,
      ),
    );
  const text = lines
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
    .filter((line) => line !== 'remote:')
    .join(' / ');
  return `Git says: ${withoutCredentials(text).slice(0, 300) || `exit code ${error.exitCode}`}`;
}

const withoutCredentials = (text: string): string =>
  text.replaceAll(/\/\/[^/@\s]+@/g, '//').replaceAll(/(authorization|basic|bearer)[: ]+\S+/gi, '$1 …');
