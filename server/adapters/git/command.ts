import { AsyncLocalStorage } from 'node:async_hooks';
import { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { platform } from 'node:os';
import { GitError as SimpleGitError, simpleGit } from 'simple-git';
import { z } from 'zod';

/** A git process that did not end with exit code 0, in git's own words, which may hold what nobody else may read. */
export class CommandFailed extends SimpleGitError {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  constructor(ending: { exitCode: number; stdOut: Buffer[]; stdErr: Buffer[] }, timedOut: boolean) {
    super(undefined, 'a git command failed');
    this.exitCode = ending.exitCode;
    this.stdout = Buffer.concat(ending.stdOut).toString();
    this.stderr = Buffer.concat(ending.stdErr).toString();
    this.timedOut = timedOut;
  }
}

type Options = {
  /** The bare repository that commands run in; also their HOME, so that nobody's own settings apply. */
  folder: string;
  /** Limit of one command, after which it and all of its children are killed. */
  timeoutMs: number;
  /** `Authorization` header for HTTP. Goes by the environment: arguments and files can be read by others. */
  authorization?: string | undefined;
};

export type Git = ReturnType<typeof createGit>;

const PATH = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin';

/** A session of its own makes git the leader of a process group, which can be killed as a whole. macOS has no such command. */
const BINARY: ['setsid', 'git'] | 'git' = platform() === 'linux' ? ['setsid', 'git'] : 'git';

/** Runs git through simple-git with a small environment of our making and nothing of the process's own. */
export function createGit({ folder, timeoutMs, authorization }: Options) {
  const env = {
    PATH,
    HOME: folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    ...(authorization && {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.extraHeader',
      GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
    }),
  };

  const instance = (deadline: AbortSignal, input: string | undefined) =>
    simpleGit({
      baseDir: folder,
      binary: BINARY,
      abort: deadline,
      // Its 50 ms after the exit are too few on a busy machine, where the rest of the output would be lost.
      completion: { onExit: 5000 },
      input: () => input,
      errors: (_, ending) => (ending.exitCode === 0 ? undefined : new CommandFailed(ending, deadline.aborted)),
      allowEnvironment: Object.keys(env),
      // The one way to hand git a header without writing it into an argument or a file; the variables are the three above.
      unsafe: { allowUnsafeConfigEnvCount: true },
    }).env(env);

  function run<T>(
    input: string | undefined,
    command: (git: ReturnType<typeof simpleGit>) => PromiseLike<T>,
  ): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs);
    return killedWithItsChildren.run(deadline, async () => command(instance(deadline, input)));
  }

  return {
    /**
     * Answers what the command prints.
     * @throws CommandFailed
     */
    text: (args: string[], input?: string) => run(input, (git) => git.raw(args)),
    /**
     * `git cat-file --batch`, byte by byte.
     * @throws CommandFailed
     */
    catFile: (names: string[]): Promise<Buffer> =>
      run(names.map((name) => `${name}\n`).join(''), async (git) =>
        z.instanceof(Buffer).parse(await git.binaryCatFile(['--batch'])),
      ),
  };
}

/**
 * simple-git signals the process it started, and gives out no pid. Its children, such as the HTTP transport, would live
 * on and could still push; so we take the pid where Node announces new processes, and kill the group.
 */
const killedWithItsChildren = new AsyncLocalStorage<AbortSignal>();
const announcement = z.object({ process: z.instanceof(ChildProcess) });

subscribe('child_process', (message) => {
  const deadline = killedWithItsChildren.getStore();
  if (!deadline) return;
  const { process: child } = announcement.parse(message);
  const kill = () => killGroup(child.pid);
  deadline.addEventListener('abort', kill, { once: true });
  child.once('close', () => deadline.removeEventListener('abort', kill));
});

function killGroup(pid: number | undefined): void {
  if (pid === undefined || BINARY === 'git') return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
