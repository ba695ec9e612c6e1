import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { freePort, startPostgres } from '../../server/demo/postgres.ts';
import { commandOf, copyContext, isSent, runStage, stagesOf, textsOf, variablesOf } from '../support/image.ts';

const run = promisify(execFile);
const { args, stages } = stagesOf(readFileSync('Dockerfile', 'utf8'));
const [build, image] = stages;

/** What says how this machine reaches the npm registry; nothing else of its environment would be there in a build. */
const NETWORK =
  /^(home|npm_config_(registry|cafile|userconfig|cache)|(https?|no)_proxy|node_extra_ca_certs|ssl_cert_\w+)$/i;
const network = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value = '']) => (NETWORK.test(name) ? [[name, value]] : [])),
);

/** The image's user, where the test may become it. */
const identity = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {};

let scratch: string;
let app: string;
let environment: Record<string, string>;
let server: ChildProcess;
let url: string;
let said = '';
let stopPostgres = async () => {};

const inImage = ([file = '', ...rest]: string[]) =>
  run(file, rest, { cwd: app, env: { ...environment, NODE_ENV: 'production' }, ...identity });

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'infrahub-image-'));
  await chmod(scratch, 0o755);
  const inScratch = (name: string) => join(scratch, name);
  const [context, bin, tmp] = [inScratch('context'), inScratch('bin'), inScratch('tmp')];
  app = inScratch('app');
  for (const folder of [context, bin, tmp, app]) await mkdir(folder);
  // What the base image brings: Node 24 under its name, on the path.
  await cp(process.execPath, join(bin, 'node'), { dereference: true });
  const PATH = `${bin}:/usr/local/bin:/usr/bin:/bin`;

  await copyContext('.', context);
  if (build) await runStage(build, context, app, { ...network, PATH });
  await run('chmod', ['-R', 'a-w,a+rX', app]);
  if (identity.uid) await chown(tmp, identity.uid, identity.gid);

  const postgres = await startPostgres({ folder: join(scratch, 'postgres'), password: 'of-the-test' });
  stopPostgres = postgres.stop;
  await postgres.createDatabase('infrahub');
  const secret = join(scratch, 'jwt-secrets');
  await writeFile(secret, randomBytes(36).toString('base64'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  environment = {
    ...variablesOf(image, 'ENV'),
    PATH,
    TMPDIR: tmp,
    HOST: '127.0.0.1',
    PORT: String(port),
    DRAIN_SECONDS: '0',
    DATABASE_URL: postgres.url('infrahub'),
    JWT_SECRETS_FILE: secret,
    LDAP_URL: 'ldap://127.0.0.1:1',
    LDAP_USER_BASE_DN: 'ou=people,dc=example,dc=org',
    LDAP_SERVICE_DN: 'cn=infrahub,dc=example,dc=org',
    LDAP_SERVICE_PASSWORD: 'service',
    LDAP_GROUP_BASE_DN: 'ou=groups,dc=example,dc=org',
    EXTERNAL_SERVER_API_URL: 'http://127.0.0.1:1',
    GIT_REPO_URL: 'https://127.0.0.1:1/tenants.git',
    ARGOCD_URL: 'http://127.0.0.1:1',
    ARGOCD_TOKEN: 'token',
  };
}, 1_200_000);

afterAll(async () => {
  server?.kill('SIGKILL');
  await stopPostgres();
  await run('chmod', ['-R', 'u+w', scratch]);
  await rm(scratch, { recursive: true, force: true });
});

test('Node in the image is of the line that the tests run on', () => {
  expect(new Set(stages.map((stage) => stage.from.replace(/ AS .*/, '')))).toEqual(new Set([args.NODE_IMAGE]));
  expect(args.NODE_IMAGE).toMatch(new RegExp(`/node:${process.versions.node.split('.')[0]}-\\w+-slim$`));
});

test('what InfraHub starts is installed, and the package lists are thrown away again', () => {
  const [step] = textsOf(image, 'RUN');
  const installed = /apt-get install --yes --no-install-recommends ([\w -]+) &&/.exec(step ?? '')?.[1]?.trim();
  expect(installed?.split(' ')).toEqual(['ca-certificates', 'git', 'openssh-client', 'tini']);
  expect(step).toMatch(/rm -rf \/var\/lib\/apt\/lists\/\*/);
  expect(commandOf(textsOf(image, 'ENTRYPOINT')[0])).toEqual(['tini', '--']);
});

test('it runs as a user who is not root, named by number', () => {
  expect(textsOf(image, 'USER')).toEqual(['1000:1000']);
});

test('only what the build stage left is copied into it', () => {
  expect(textsOf(image, 'COPY')).toEqual(['--from=build /app ./']);
});

test.each([
  '.env',
  '.git/config',
  '.npmrc',
  'db/.env',
  'server/.env.local',
  'server/demo/main.ts',
  'server/client/index.ts',
  'tests/unit/config.test.ts',
  'node_modules/pg/package.json',
  'id_ed25519',
  'build/server/index.js',
])('%s is not sent to the builder', (path) => {
  expect(isSent(readFileSync('.dockerignore', 'utf8'), path)).toBe(false);
});

test('it holds the product, and nothing that builds, tests or shows it', async () => {
  expect((await readdir(app)).sort()).toEqual([
    'LICENSE',
    'build',
    'db',
    'node_modules',
    'package-lock.json',
    'package.json',
  ]);
  const files = await readdir(app, { recursive: true });
  const own = files.filter((file) => !file.startsWith('node_modules'));
  expect(own.filter((file) => /(^|\/)(\.git|\.env|demo|tests|client\/index\.ts)|\.test\.ts$/.test(file))).toEqual([]);
});

test('it holds no dependency that is for development only', () => {
  const places = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });
  const { packages } = places.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  const installed = Object.entries(packages).filter(([path]) => path !== '' && existsSync(join(app, path)));
  expect(installed.filter(([, { dev }]) => dev).map(([path]) => path)).toEqual([]);
  expect(installed.length).toBeGreaterThan(100);
  for (const name of ['typescript', 'vite', 'vitest', 'node', '.bin']) {
    expect(existsSync(join(app, 'node_modules', name)), name).toBe(false);
  }
});

test('a user who may change none of its files migrates an empty database, serves, is healthy, and ends when told', async () => {
  await expect(inImage(['sh', '-c', 'touch build/infrahub/main.js || touch new'])).rejects.toThrow('Permission denied');
  const health = commandOf(textsOf(image, 'HEALTHCHECK')[0]);
  await expect(inImage(health)).rejects.toMatchObject({ code: 1 });

  await inImage(['node', 'build/infrahub/migrate.js']);
  const [file = '', ...rest] = commandOf(textsOf(image, 'CMD')[0]);
  server = spawn(file, rest, {
    cwd: app,
    env: { ...environment, NODE_ENV: 'production' },
    ...identity,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => server.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (said.includes('"listening"')) resolve();
    };
    server.stdout?.on('data', hear);
    server.stderr?.on('data', hear);
    server.once('close', () => reject(new Error(`it ended instead of listening:\n${said}`)));
  });

  await expect(inImage(health)).resolves.toBeDefined();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const page = await fetch(`${url}/sign-in`);
  expect(page.headers.get('content-type')).toContain('text/html');
  const html = await page.text();
  expect(html).toContain('Sign in');
  const asset = /href="(\/assets\/[^"]+\.css)"/.exec(html)?.[1];
  expect((await fetch(`${url}${asset}`)).status).toBe(200);
  expect((await fetch(`${url}/docs`)).status).toBe(200);

  server.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(said).toContain('"stopped"');
}, 240_000);
