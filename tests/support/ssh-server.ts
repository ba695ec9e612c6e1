import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../server/demo/postgres.ts';
import type { TestRepository } from './git-server.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const SSHD = '/usr/sbin/sshd';

/** Why tests on a real OpenSSH cannot run here; in CI they must. */
export function sshdIsMissing(): string | undefined {
  if (existsSync(SSHD)) return undefined;
  if (process.env.CI === 'true') throw new Error(`${SSHD} is missing: apt-get install openssh-server`);
  return `skipped, for ${SSHD} is missing (Debian: apt-get install openssh-server)`;
}

const configuration = (folder: string, port: number) => `
Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/host
PidFile none
AuthorizedKeysFile ${folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding no
ForceCommand ${folder}/only-git
`;

/** Lets in git alone, and that to what lies below `root`. */
const onlyGit = (root: string) => `#!/bin/sh
case "$SSH_ORIGINAL_COMMAND" in
  "git-upload-pack '${root}/"* | "git-receive-pack '${root}/"*) exec git-shell -c "$SSH_ORIGINAL_COMMAND" ;;
esac
echo "fatal: not allowed" >&2
exit 128
`;

/** A real OpenSSH on loopback that serves a repository to whoever has the key in `keyFile`. */
export async function startSshServer(repository: TestRepository) {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-sshd-'));
  const port = await freePort();
  const makeKey = (name: string, passphrase = '') =>
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', join(folder, name)]);
  await Promise.all([makeKey('host'), makeKey('key'), makeKey('strange-key'), makeKey('locked-key', 'a passphrase')]);
  await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'key.pub')));
  const knownAs = (publicKey: Buffer) => `[127.0.0.1]:${port} ${publicKey}`;
  await writeFile(join(folder, 'known_hosts'), knownAs(await readFile(join(folder, 'host.pub'))));
  await writeFile(join(folder, 'other_hosts'), knownAs(await readFile(join(folder, 'strange-key.pub'))));
  await writeFile(join(folder, 'no_hosts'), '');
  await writeFile(join(folder, 'only-git'), onlyGit(repository.root));
  await chmod(join(folder, 'only-git'), 0o755);
  await writeFile(join(folder, 'sshd_config'), configuration(folder, port));
  // As root it takes its privileges away in there.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });

  const sshd = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => sshd.once('exit', () => resolve()));
  await until('sshd to answer', async () => {
    if (sshd.exitCode !== null) throw new Error(`sshd ended with ${sshd.exitCode}`);
    return (await answers(port)) || undefined;
  });
  /** Ends every connection at once, with all that it was at. */
  const cut = () => {
    for (const pid of descendantsOf(sshd.pid ?? 0)) end(pid);
  };

  return {
    /** For GIT_REPO_URL. */
    url: `ssh://${userInfo().username}@127.0.0.1:${port}${repository.folder}`,
    keyFile: join(folder, 'key'),
    strangeKeyFile: join(folder, 'strange-key'),
    lockedKeyFile: join(folder, 'locked-key'),
    /** Knows the server; `otherHostsFile` knows another key for it, `noHostsFile` none. */
    knownHostsFile: join(folder, 'known_hosts'),
    otherHostsFile: join(folder, 'other_hosts'),
    noHostsFile: join(folder, 'no_hosts'),
    cut,
    async stop(): Promise<void> {
      cut();
      sshd.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}

function descendantsOf(pid: number): number[] {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  return children.map(Number).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** The fourth field of `/proc/<pid>/stat`, after a name that may hold anything. */
function parentOf(pid: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return undefined;
  }
}
