import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GitConstructError } from 'simple-git';
import type { Config } from '../../platform/config.ts';
import type { Log } from '../../platform/log.ts';
import { CommandFailed, createGit, type Git } from './command.ts';
import { diskIsFull, localFailure, remoteFailure } from './failure.ts';
import { GitError } from './values-repository.port.ts';

export type CacheSettings = Pick<
  Config,
  | 'GIT_REPO_URL'
  | 'GIT_BRANCH'
  | 'GIT_USERNAME'
  | 'GIT_TOKEN'
  | 'GIT_CA_FILE'
  | 'GIT_SSH_KEY_FILE'
  | 'GIT_SSH_KNOWN_HOSTS_FILE'
  | 'GIT_TIMEOUT_SECONDS'
>;

/** Where the remote branch was when last fetched. */
export const REMOTE_HEAD = 'refs/remotes/origin/head';

/**
 * A bare copy of the remote, without a work tree, so that a process killed at any moment leaves nothing half-edited. It is
 * worth nothing: whenever it misbehaves it is deleted and made anew.
 */
export function createCache(settings: CacheSettings, log: Log, givenFolder: string | undefined) {
  let opened: Promise<{ folder: string; git: Git }> | undefined;

  async function open() {
    const folder = givenFolder ?? (await mkdtemp(join(tmpdir(), 'infrahub-git-')));
    const git = createGit({
      folder,
      timeoutMs: settings.GIT_TIMEOUT_SECONDS * 1000,
      authorization: authorization(settings),
    });
    return { folder, git };
  }

  async function ready(): Promise<Git> {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    const { folder, git } = await opened;
    if (await exists(join(folder, 'HEAD'))) return git;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'config'), gitConfig(settings));
    await git.text(['init', '--bare', '--quiet']);
    return git;
  }

  async function clear(): Promise<void> {
    if (opened) await rm((await opened).folder, { recursive: true, force: true });
  }

  return {
    /**
     * Does the work on the copy; once more on a fresh one where the copy, not the remote, was the trouble.
     * @throws GitError
     */
    async use<T>(work: (git: Git) => Promise<T>): Promise<T> {
      try {
        return await work(await withDisk(ready));
      } catch (error) {
        if (!isLocalTrouble(error)) throw inPlainWords(error);
        log.warn({ err: inPlainWords(error) }, 'the copy of the Git repository misbehaved and is made anew');
      }
      try {
        await withDisk(clear);
        return await work(await withDisk(ready));
      } catch (error) {
        // Half a copy helps nobody, and takes room.
        if (isLocalTrouble(error)) await withDisk(clear);
        throw inPlainWords(error);
      }
    },
    /** Deletes the copy. */
    clear,
  };
}

/**
 * Brings the remote branch into the copy.
 * @throws CommandFailed
 */
export async function fetchHead(git: Git, branch: string): Promise<void> {
  // `--verbose`: simple-git waits another 50 ms for the output of a command that says nothing.
  await git.text([
    'fetch',
    '--verbose',
    '--no-tags',
    '--no-write-fetch-head',
    'origin',
    `+refs/heads/${branch}:${REMOTE_HEAD}`,
  ]);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function withDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') throw diskIsFull(error.message);
    const message = `InfraHub’s own copy of the repository cannot be written: ${error.code}. Look at the temporary folder’s disk.`;
    throw new GitError('unavailable', message);
  }
}

const isLocalTrouble = (error: unknown): boolean =>
  error instanceof CommandFailed ? !remoteFailure(error) : error instanceof GitConstructError;

function inPlainWords(error: unknown): unknown {
  if (error instanceof CommandFailed) return remoteFailure(error) ?? localFailure(error);
  if (error instanceof GitConstructError)
    return new GitError('unavailable', 'The folder of InfraHub’s own copy is gone.');
  return error;
}

const isHttp = (url: string): boolean => /^https?:\/\//.test(url);

function authorization({ GIT_REPO_URL, GIT_USERNAME, GIT_TOKEN }: CacheSettings): string | undefined {
  if (!GIT_TOKEN || !isHttp(GIT_REPO_URL)) return undefined;
  return `Basic ${Buffer.from(`${GIT_USERNAME}:${GIT_TOKEN}`).toString('base64')}`;
}

/** A user name in an HTTP address would make git ask for its password; GIT_USERNAME says it. */
function remoteUrl(url: string): string {
  if (isHttp(url)) return url.replace(/^(https?:\/\/)[^/@]*@/, '$1');
  return transport(url) === 'file' && !url.startsWith('file://') ? resolve(url) : url;
}

const transport = (url: string): string =>
  /^(https?|ssh):\/\//.exec(url)?.[1] ?? (/^[\w.-]+@[\w.-]+:/.test(url) ? 'ssh' : 'file');

/** The copy's whole configuration. No hooks, no helpers, no redirects, no transport but the one that is meant. */
function gitConfig(settings: CacheSettings): string {
  const url = remoteUrl(settings.GIT_REPO_URL);
  const seconds = Math.ceil(settings.GIT_TIMEOUT_SECONDS);
  return `[core]
	repositoryFormatVersion = 0
	bare = true
	hooksPath = /dev/null
	sshCommand = ${quoted(sshCommand(settings, seconds))}
[credential]
	helper =
[gc]
	autoDetach = false
[http]
	followRedirects = false
	lowSpeedLimit = 1
	lowSpeedTime = ${seconds}
${
  settings.GIT_CA_FILE
    ? `	sslCAInfo = ${quoted(resolve(settings.GIT_CA_FILE))}
`
    : ''
}[protocol]
	allow = never
[protocol "${transport(url)}"]
	allow = always
[remote "origin"]
	url = ${quoted(url)}
`;
}

function sshCommand(
  { GIT_SSH_KEY_FILE: key, GIT_SSH_KNOWN_HOSTS_FILE: hosts }: CacheSettings,
  seconds: number,
): string {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', `ConnectTimeout=${seconds}`, 'ServerAliveInterval=15'];
  if (hosts) options.push(`UserKnownHostsFile=${quoted(hosts)}`);
  if (key) options.push('IdentitiesOnly=yes', 'IdentityAgent=none', `IdentityFile=${quoted(key)}`);
  return [
    'ssh',
    '-F',
    '/dev/null',
    ...options.flatMap((option) => ['-o', `'${option.replaceAll("'", `'\\''`)}'`]),
  ].join(' ');
}

/** Double quotes with escapes, which git's configuration and ssh's options both read. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
