import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const execute = promisify(execFile);

/** Environment of git here: nobody's own settings, and a plain author. */
export const GIT_ENV = {
  PATH: process.env.PATH,
  NODE_ENV: process.env.NODE_ENV,
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Demo',
  GIT_AUTHOR_EMAIL: 'demo@localhost',
  GIT_COMMITTER_NAME: 'Demo',
  GIT_COMMITTER_EMAIL: 'demo@localhost',
};

type NewRepository = { folder: string; branch?: string; files: Record<string, string> };

/** Makes a bare repository with one commit of `files`, unless there is one already. */
export async function createGitRepository({ folder, branch = 'main', files }: NewRepository): Promise<void> {
  if (existsSync(`${folder}/HEAD`)) return;
  await mkdir(folder, { recursive: true });
  await execute('git', ['init', '--quiet', '--bare', `--initial-branch=${branch}`, folder], { env: GIT_ENV });
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const inline = Object.entries(files).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  const importing = execute('git', ['--git-dir', folder, 'fast-import', '--quiet', '--date-format=now'], {
    env: GIT_ENV,
  });
  importing.child.stdin?.end(
    `commit refs/heads/${branch}\ncommitter Demo <demo@localhost> now\n${data('Begin')}${inline.join('')}\n`,
  );
  await importing;
}

/** How the Git server misbehaves. Everything is off by default; a fetch or a push asks several times. */
const gitBehaviour = z.strictObject({
  delay_ms: z.number().int().min(0).default(0).describe('Every answer comes this much later.'),
  status: z.number().int().min(400).max(599).nullable().default(null).describe('Every answer has this status.'),
  hang: z.boolean().default(false).describe('No answer comes.'),
  read_only: z.boolean().default(false).describe('The token may read, and not push.'),
  lose_push_answers: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('So many pushes are done, but their answer is cut off.'),
});
export type GitBehaviour = z.infer<typeof gitBehaviour>;

type Options = {
  repository: string;
  port?: number;
  username: string;
  token: string;
  /** With these it is HTTPS. */
  tls?: { key: Buffer; cert: Buffer } | undefined;
};

/** Serves a bare repository by `git http-backend` on loopback, behind Basic authentication, to be told to misbehave. */
export async function serveGitRepository({ repository, port = 0, username, token, tls }: Options) {
  const { stdout } = await execute('git', ['--exec-path'], { env: GIT_ENV });
  const backend = `${stdout.trim()}/git-http-backend`;
  const expected = `Basic ${Buffer.from(`${username}:${token}`).toString('base64')}`;
  const running = new Set<ChildProcess>();
  let behaviour = gitBehaviour.parse({});

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch(() => response.destroy());
  };
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (behaviour.hang) return;
    await sleep(behaviour.delay_ms);
    if (behaviour.status) return void response.writeHead(behaviour.status).end();
    if (request.headers.authorization !== expected) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    }
    if (behaviour.read_only && request.url?.includes('git-receive-pack')) return void response.writeHead(403).end();
    const isPush = request.method === 'POST' && request.url?.endsWith('/git-receive-pack');
    const output = await runBackend(request);
    if (isPush && behaviour.lose_push_answers > 0) {
      behaviour.lose_push_answers -= 1;
      response.destroy();
      return;
    }
    sendCgi(output, response);
  }

  async function runBackend(request: IncomingMessage): Promise<Buffer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const child = spawn(backend, {
      env: {
        ...GIT_ENV,
        GIT_PROJECT_ROOT: dirname(repository),
        GIT_HTTP_EXPORT_ALL: '1',
        REMOTE_USER: username,
        REMOTE_ADDR: '127.0.0.1',
        PATH_INFO: pathname,
        QUERY_STRING: searchParams.toString(),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'],
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
        GIT_PROTOCOL: z.string().optional().parse(request.headers['git-protocol']),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    running.add(child);
    child.stdin.on('error', () => {});
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) chunks.push(chunk);
    running.delete(child);
    return Buffer.concat(chunks);
  }

  const address = await new Promise<string>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const bound = z.object({ port: z.number() }).parse(server.address());
      resolve(`${tls ? 'https' : 'http'}://127.0.0.1:${bound.port}`);
    });
  });

  return {
    /** For GIT_REPO_URL. */
    url: `${address}/${basename(repository)}`,
    shape: gitBehaviour,
    behaviour: (): GitBehaviour => behaviour,
    /** Changes only what is named. */
    behave(patch: unknown): void {
      behaviour = gitBehaviour.parse({ ...behaviour, ...z.looseObject({}).parse(patch) });
    },
    async stop(): Promise<void> {
      for (const child of running) child.kill('SIGKILL');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The answer of a CGI program: headers, an empty line, the body. */
function sendCgi(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  for (const line of output.subarray(0, end).toString().split('\r\n')) {
    const [name = '', value = ''] = line.split(/:\s*/, 2);
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.end(output.subarray(end + 4));
}
