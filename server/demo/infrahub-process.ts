import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { resolve as absolute } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const STOP_GRACE_MS = 20_000;

const listening = z.object({ msg: z.literal('listening'), port: z.number() });

export type InfraHubProcess = {
  url: string;
  /** Resolves with the last lines of its log when it ends without having been told to. */
  died: Promise<string>;
  /** Sends the process a signal, such as SIGKILL, and waits for nothing. */
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
};

type Options = {
  /** What runs: the sources, or what `npm run build` makes of them. */
  program?: 'server/main.ts' | 'build/infrahub/main.js';
  /** Where the built portal is looked for. */
  folder?: string;
  /** The command that runs it, if another is to: one that gives it a disk of its own, say. */
  through?: readonly string[];
};

/**
 * Starts InfraHub as a process of its own, as it runs for real; its log goes to `logFile`. Resolves once it listens.
 * @throws with what it said, when it ends before that.
 */
export async function startInfraHub(
  env: Record<string, string>,
  logFile: string,
  { program = 'server/main.ts', folder = process.cwd(), through = [] }: Options = {},
): Promise<InfraHubProcess> {
  const [command = process.execPath, ...args] = [...through, process.execPath];
  const child = spawn(command, [...args, absolute(program)], {
    cwd: folder,
    env: { NODE_ENV: 'production', PATH: process.env.PATH, DRAIN_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const file = createWriteStream(logFile, { flags: 'a' });
  const last: string[] = [];
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = () => last.join('\n');
  const port = await new Promise<number>((resolve, reject) => {
    const hear = (line: string) => {
      file.write(`${line}\n`);
      last.push(line);
      if (last.length > 20) last.shift();
      const start = listening.safeParse(jsonOf(line));
      if (start.success) resolve(start.data.port);
    };
    createInterface({ input: child.stdout }).on('line', hear);
    createInterface({ input: child.stderr }).on('line', hear);
    child.once('error', reject);
    void exited.then(() => reject(new Error(`InfraHub did not start. It said:\n${said()}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    died: exited.then(said),
    signal: (name) => void child.kill(name),
    async stop() {
      await stopChild(child, exited);
      file.end();
    },
  };
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await exited;
  clearTimeout(kill);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
