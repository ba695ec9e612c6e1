import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type InfraHubProcess, startInfraHub } from '../../server/demo/infrahub-process.ts';
import type { Checkpoints } from './checkpoints.ts';
import { type Answer, type Arrival, startHttpProxy } from './http-proxy.ts';
import { createLimit } from './limit.ts';
import { startPostgresProxy } from './postgres-proxy.ts';

type Options = {
  name: string;
  env: Record<string, string>;
  databaseUrl: string;
  gitUrl: string;
  argocdUrl: string;
  checkpoints: Checkpoints;
  logFile: string;
  /** Where the process runs; the built portal is there. */
  workingFolder: string;
  /** As for `startInfraHub`. */
  through: readonly string[];
};

/** What `npm run build` makes, as it is deployed: it starts in a third of the time, and here it starts hundreds of times. */
export const PROGRAM = 'build/infrahub/main.js';

/** More processes that start at once would only keep each other waiting. */
const fewAtOnce = createLimit(4);

/** One replica of InfraHub as a process, with proxies of its own between it and everything that it talks to. */
export async function startReplica({ name, checkpoints, databaseUrl, logFile, ...options }: Options) {
  const direct = new URL(databaseUrl);
  const postgres = await startPostgresProxy({ replica: name, port: Number(direct.port), checkpoints });
  const common = { replica: name, checkpoints };
  const git = await startHttpProxy({ ...common, upstream: options.gitUrl, ...GIT_POINTS });
  const argocd = await startHttpProxy({ ...common, upstream: options.argocdUrl, ...ARGOCD_POINTS });
  const throughProxy = new URL(databaseUrl);
  throughProxy.port = String(postgres.port);
  const env: Record<string, string> = {
    ...options.env,
    DATABASE_URL: throughProxy.href,
    GIT_REPO_URL: git.url,
    ARGOCD_URL: argocd.url,
  };
  const launch = (port: string) =>
    fewAtOnce(() =>
      startInfraHub({ ...env, PORT: port }, logFile, {
        program: PROGRAM,
        folder: options.workingFolder,
        through: options.through,
      }),
    );
  let running: InfraHubProcess | undefined = await launch('0');
  const port = new URL(running.url).port;

  return {
    name,
    /** What it has logged until now. */
    log: (): Promise<string> => readFile(logFile, 'utf8').catch(() => ''),
    postgres,
    git,
    argocd,
    isUp: (): boolean => running !== undefined,
    url: (): string => `http://127.0.0.1:${port}`,
    signal: (signal: NodeJS.Signals): void => running?.signal(signal),
    /** The process is gone from one moment to the next. */
    async kill(): Promise<void> {
      const victim = running;
      running = undefined;
      victim?.signal('SIGKILL');
      await victim?.died;
    },
    /** Tells the process to end, and answers its last words. */
    async terminate(): Promise<string> {
      const leaving = running;
      running = undefined;
      leaving?.signal('SIGTERM');
      return (await leaving?.died) ?? '';
    },
    /** Starts it again, where it was; from now on with these settings, if any differ. */
    async start(settings: Record<string, string> = {}): Promise<void> {
      Object.assign(env, settings);
      running = await launch(port);
    },
    /** The process as it runs now, for those who want to know whether it dies. */
    died: (): Promise<string> => running?.died ?? Promise.resolve('it does not run'),
    async end(): Promise<void> {
      running?.signal('SIGKILL');
      await running?.died;
      await Promise.all([postgres.stop(), git.stop(), argocd.stop()]);
    },
  };
}

const GIT_POINTS = {
  arriving({ method, url }: Arrival): string[] {
    const service = url.searchParams.get('service');
    if (service === 'git-upload-pack') return ['fetch arrives'];
    return method === 'POST' && url.pathname.endsWith('/git-receive-pack') ? ['push arrives'] : [];
  },
  answered({ method, url }: Arrival, { body }: Answer): string[] {
    if (method !== 'POST' || !url.pathname.endsWith('/git-receive-pack')) return [];
    return [body.includes('ok refs/heads/') ? 'push applied' : 'push rejected'];
  },
};

const applicationShape = z.object({
  status: z.object({
    resources: z.array(
      z.object({
        kind: z.string(),
        status: z.string(),
        health: z.object({ status: z.string() }).optional(),
      }),
    ),
  }),
});

const ARGOCD_POINTS = {
  arriving: ({ method }: Arrival): string[] => [method === 'POST' ? 'sync arrives' : 'status arrives'],
  answered({ method }: Arrival, { status, body }: Answer): string[] {
    if (method === 'POST') return [status === 200 ? 'sync answered' : 'sync refused'];
    return ['status answered', ...tidings(body)];
  },
};

/** What an application's status says of the namespaces in it. */
function tidings(body: Buffer): string[] {
  const parsed = applicationShape.safeParse(jsonOf(body.toString()));
  if (!parsed.success) return [];
  const namespaces = parsed.data.status.resources.filter(({ kind }) => kind === 'Namespace');
  if (namespaces.length === 0) return ['status says gone'];
  return namespaces.map(({ status, health }) =>
    status === 'Synced' && health?.status === 'Healthy' ? 'status says healthy' : `status says ${health?.status}`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
