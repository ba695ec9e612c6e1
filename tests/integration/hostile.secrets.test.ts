import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startArgoCd } from '../../server/demo/argocd.ts';
import { startDirectory } from '../../server/demo/directory.ts';
import { GIT_ENV, serveGitRepository } from '../../server/demo/git-repository.ts';
import { startInfraHub } from '../../server/demo/infrahub-process.ts';
import { startInventory } from '../../server/demo/inventory.ts';
import { newBranch } from '../factories/quotas.ts';
import { freshDatabase } from '../support/database.ts';
import { createTestRepository } from '../support/git-server.ts';
import { until } from '../support/until.ts';

const canary = (what: string) => `canary-${what}-${randomBytes(12).toString('hex')}`;
const SECRETS: Record<string, string> = {
  'a JWT key': canary('jwt'),
  'an older JWT key': canary('jwt-older'),
  'the Git token': canary('git'),
  'the Argo CD token': canary('argocd'),
  'the inventory’s token': canary('inventory'),
  'a password': canary('password'),
  'a mistyped password': canary('mistyped'),
  'a password that was put into an address': canary('address'),
};
const secret = (what: string) => SECRETS[what] ?? '';

/** Where a secret may turn up, with what was found there. */
const seen = { log: '', answers: '', database: '', git: '', 'command lines': new Set<string>() };

/** Command lines of every process of this machine, as anybody may read them. */
function readCommandLines(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      seen['command lines'].add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    } catch {}
  }
}

/** Everything in the database, row by row, as JSON. */
async function dump(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(`select format('%I.%I', table_schema, table_name) as name
      from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`);
    const tables = z.array(z.object({ name: z.string() })).parse(rows);
    let text = '';
    for (const { name } of tables)
      text += JSON.stringify((await client.query(`select to_json(t) from ${name} t`)).rows);
    return text;
  } finally {
    await client.end();
  }
}

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

// Everything of value happens once, well and badly; each test then looks at one place.
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-secrets-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'build/server'), { recursive: true });
  await mkdir(join(folder, 'build/client'));
  await writeFile(join(folder, 'build/server/index.js'), 'export const routes = {}; export const assets = {};');

  const database = await freshDatabase();
  closing.push(() => database.drop());
  const size = { cpu: 1000, ramGb: 4000 };
  const { team } = await newBranch(database.db, { capacity: size, department: size, team: size });
  const remote = await createTestRepository();
  closing.push(() => remote.remove());
  const git = await serveGitRepository({
    repository: remote.folder,
    username: 'oauth2',
    token: secret('the Git token'),
  });
  closing.push(() => git.stop());
  const argocd = await startArgoCd({
    repository: remote.folder,
    branch: 'main',
    valuesPath: 'values.yaml',
    application: 'tenants',
    token: secret('the Argo CD token'),
    reconcileMs: 100,
  });
  closing.push(() => argocd.stop());
  const people = [{ username: 'anna', password: secret('a password') }];
  const groups = ['infrahub-center-admins', `infrahub-team-leads-${team.id}`].map((cn) => ({ cn, members: ['anna'] }));
  const directory = await startDirectory({ people, groups });
  closing.push(() => directory.stop());
  SECRETS['the password of the service account'] = directory.env.LDAP_SERVICE_PASSWORD;
  const inventory = await startInventory({
    isAllowed: (authorization) => authorization === `Bearer ${secret('the inventory’s token')}`,
  });
  closing.push(() => inventory.stop());

  const logFile = join(folder, 'infrahub.log');
  const infrahub = await startInfraHub(
    {
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'debug',
      DATABASE_URL: database.url,
      JWT_SECRETS: `${secret('a JWT key')},${secret('an older JWT key')}`,
      ...directory.env,
      EXTERNAL_SERVER_API_URL: inventory.url,
      EXTERNAL_SERVER_API_TOKEN: secret('the inventory’s token'),
      GIT_REPO_URL: git.url,
      GIT_TOKEN: secret('the Git token'),
      ARGOCD_URL: argocd.url,
      ARGOCD_TOKEN: secret('the Argo CD token'),
      PROVISION_POLL_SECONDS: '0.2',
    },
    logFile,
    { folder },
  );
  const watching = setInterval(readCommandLines, 15);
  const stop = async () => {
    clearInterval(watching);
    await infrahub.stop();
  };
  closing.push(stop);

  let token = '';
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${infrahub.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    seen.answers += `${JSON.stringify([...response.headers])}\n${text}\n`;
    return text;
  }
  const signIn = (password: string) => call('POST', '/api/v1/auth/login', { username: 'anna', password });
  const projectShape = z.object({ id: z.string(), status: z.string() });
  const project = async (id: string) => projectShape.parse(JSON.parse(await call('GET', `/api/v1/projects/${id}`)));
  const create = async (name: string) => {
    const size = { site: 'haifa', sla_type: 'bronze', performance_tier: 'regular' };
    return projectShape.parse(JSON.parse(await call('POST', '/api/v1/projects', { team_id: team.id, name, ...size })));
  };

  token = z.object({ access_token: z.string() }).parse(JSON.parse(await signIn(secret('a password')))).access_token;
  SECRETS['an access token'] = token;
  seen.answers = ''; // that was the one answer that has to hold it
  await signIn(secret('a mistyped password'));
  await call('POST', '/api/v1/auth/login', `{"username": "anna", "password": "${secret('a mistyped password')}"`);
  await call('POST', '/api/v1/auth/login', { username: secret('a mistyped password'), password: ['x'], extra: 1 });
  await call('POST', '/api/trpc/auth.login', { username: 7, password: secret('a mistyped password') });
  await call('GET', `/api/v1/auth/login?password=${secret('a password that was put into an address')}`);
  await call('GET', `/api/v1/auth/me?access_token=${token}`);
  await call('GET', '/api/v1/auth/me', undefined, { authorization: `Bearer ${token}x` });
  await call('GET', '/api/v1/audit?limit=200');
  await call('GET', '/readyz');
  await call('GET', '/metrics');
  await call('POST', '/api/v1/admin/sync/servers', {});
  const { id } = await create('works');
  await until('the project is active', async () => ((await project(id)).status === 'active' ? true : undefined));

  // The same with everything out of order, and with credentials that are refused.
  const refused = { failing_status: 401 };
  inventory.behave(refused);
  git.behave({ status: 403 });
  await create('waits-for-git');
  await call('POST', '/api/v1/admin/sync/servers', {});
  await until('Git refuses', async () => ((await readFile(logFile, 'utf8')).includes('403') ? true : undefined));
  argocd.behave({ status: 401 });
  git.behave({ status: null });
  await until('Argo CD refuses', async () => ((await readFile(logFile, 'utf8')).includes('401') ? true : undefined));
  await call('POST', '/api/v1/admin/drift/check', {});
  directory.behave({ service_account_refused: true });
  await signIn(secret('a password'));
  directory.behave({ service_account_refused: false, down: true });
  await signIn(secret('a password'));
  await call('POST', '/api/v1/auth/renew', {});
  await call('POST', '/api/v1/auth/logout', {});
  await call('GET', '/api/v1/auth/me');

  clearInterval(watching);
  seen.database = await dump(database.url);
  await stop();
  seen.log = await readFile(logFile, 'utf8');
  const env = GIT_ENV;
  const objects = ['--git-dir', remote.folder, 'cat-file', '--batch', '--batch-all-objects'];
  seen.git =
    execFileSync('git', objects, { env, encoding: 'utf8' }) + (await readFile(join(remote.folder, 'config'), 'utf8'));
}, 180_000);

test('the walk went where secrets are used', () => {
  expect(seen.log).toContain('session');
  expect(seen.answers).toContain('DIRECTORY_UNAVAILABLE');
  expect(seen.answers).toContain('INVALID_CREDENTIALS');
  expect(seen.git).toContain('Provision works');
  expect(seen.database).toContain('session.sign_in_refused');
  expect([...seen['command lines']].some((line) => line.includes('server/main.ts'))).toBe(true);
  expect([...seen['command lines']].some((line) => line.startsWith('git\0'))).toBe(true);
});

test('nothing had to be taken out of the log: no secret was on its way there', () => {
  expect(seen.log.split('\n').filter((line) => line.includes('[redacted]'))).toEqual([]);
});

test.each(['log', 'answers', 'database', 'git', 'command lines'] as const)('no secret is in the %s', (place) => {
  const text = place === 'command lines' ? [...seen[place]].join('\n') : seen[place];
  expect(text.length).toBeGreaterThan(100);
  expect(Object.keys(SECRETS)).toHaveLength(10);
  for (const [what, value] of Object.entries(SECRETS)) {
    for (const form of [value, encodeURIComponent(value), Buffer.from(value).toString('base64').replace(/=+$/, '')]) {
      expect(text.includes(form), what).toBe(false);
    }
  }
  const basic = Buffer.from(`oauth2:${secret('the Git token')}`).toString('base64');
  expect(text.includes(basic), 'the Git token as Basic authentication').toBe(false);
});
