import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';

type Start = { script?: string; cwd?: string; whenListening?: (child: ChildProcess) => void };

/** Starts InfraHub with nothing but these settings and answers what it said until it ended. */
async function startWith(
  env: Record<string, string>,
  { script = 'server/main.ts', cwd = '.', whenListening }: Start = {},
) {
  const child = spawn(process.execPath, [resolve(script)], { cwd, env: { NODE_ENV: 'production', ...env } });
  let said = '';
  const hear = (chunk: Buffer) => {
    said += chunk;
    if (chunk.includes('"msg":"listening"')) whenListening?.(child);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

test('a start without settings names every problem at once and ends with 1', async () => {
  const { code, said } = await startWith({ PORT: 'eighty', LDAP_URL: 'http://directory' });
  expect(code).toBe(1);
  for (const name of ['PORT', 'LDAP_URL', 'DATABASE_URL', 'JWT_SECRETS', 'GIT_REPO_URL', 'ARGOCD_TOKEN']) {
    expect(said).toMatch(new RegExp(`- ${name}: `));
  }
});

const complete = {
  JWT_SECRETS: 'k3Zb1w9Qd8Jx0Lr5Vt7Yn2Hs4Mf6Pg1Ac',
  LDAP_URL: 'ldap://127.0.0.1',
  LDAP_USER_BASE_DN: 'dc=example,dc=org',
  LDAP_SERVICE_DN: 'cn=infrahub,dc=example,dc=org',
  LDAP_SERVICE_PASSWORD: 'canary-7c1e',
  LDAP_GROUP_BASE_DN: 'dc=example,dc=org',
  EXTERNAL_SERVER_API_URL: 'http://127.0.0.1',
  GIT_REPO_URL: '/nowhere.git',
  ARGOCD_URL: 'https://127.0.0.1',
  ARGOCD_TOKEN: 'canary-7c1e',
};

/** A port that is taken until the test is over. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

/** A folder to start in, with a portal that is built or none. */
function folder({ built }: { built: boolean }): string {
  const made = mkdtempSync(join(tmpdir(), 'infrahub-start-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  mkdirSync(join(made, 'build/server'), { recursive: true });
  if (built) writeFileSync(join(made, 'build/server/index.js'), 'export const routes = {};');
  return made;
}

test.each(['server/main.ts', 'server/migrate.ts'])(
  '%s ends with 1 where the database is out of reach, and says so without its password',
  async (script) => {
    const port = await closedPort();
    const { code, said } = await startWith(
      { ...complete, DATABASE_URL: `postgresql://infrahub:canary-7c1e@127.0.0.1:${port}/infrahub` },
      { script },
    );
    expect(code).toBe(1);
    expect(said).toContain(`PostgreSQL at 127.0.0.1:${port} does not answer. Start it, or correct DATABASE_URL.`);
    expect(said).not.toMatch(/listening|canary-7c1e| {4}at |Failed query/);
  },
);

test('a start names the connections that are not encrypted', async () => {
  const { said } = await startWith({ ...complete, DATABASE_URL: `postgresql://127.0.0.1:${await closedPort()}/x` });
  expect(said).toContain('"settings":["LDAP_URL","EXTERNAL_SERVER_API_URL"]');
});

test('a migration without settings asks for the database alone', async () => {
  const { code, said } = await startWith({}, { script: 'server/migrate.ts' });
  expect(code).toBe(1);
  expect(said).toMatch(/^The database was not migrated: 1 setting needs attention\.\n {2}- DATABASE_URL: is missing/);
});

test('a start says in a sentence what stands in its way', async () => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const port = await takenPort();
  const env = { ...complete, DATABASE_URL: database.url, HOST: '127.0.0.1', PORT: String(port) };
  const unbuilt = await startWith(env, { cwd: folder({ built: false }) });
  expect(unbuilt.code).toBe(1);
  expect(unbuilt.said).toContain('InfraHub cannot start: The portal is not built. Run `npm run build` first.');
  const taken = await startWith(env, { cwd: folder({ built: true }) });
  expect(taken.code).toBe(1);
  expect(taken.said).toContain(`InfraHub cannot start: Port ${port} is in use.`);
  expect(taken.said).not.toMatch(/ {4}at /);
});

test('a start names the setting whose file cannot be read', async () => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const LDAP_CA_FILE = join(folder({ built: false }), 'ca.pem');
  const env = { ...complete, DATABASE_URL: database.url, LDAP_URL: 'ldaps://127.0.0.1', LDAP_CA_FILE };
  const { code, said } = await startWith(env);
  expect(code).toBe(1);
  expect(said).toContain(`InfraHub cannot start: LDAP_CA_FILE: ${LDAP_CA_FILE} cannot be read: there is no such file.`);
});

test('an end says which part failed, ends the others all the same, and is 1', async () => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const env = { ...complete, DATABASE_URL: database.url, HOST: '127.0.0.1', PORT: '0', DRAIN_SECONDS: '0' };
  const { code, said } = await startWith(env, {
    cwd: folder({ built: true }),
    whenListening: (child) => void database.db.execute(sql`drop table replicas`).then(() => child.kill('SIGTERM')),
  });
  expect(said).toMatch(/"part":"jobs","msg":"a part of this replica did not end well"/);
  expect(said).toContain('"msg":"stopped"');
  expect(code).toBe(1);
}, 60_000);

test('a migration says what it applied', async () => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const { code, said } = await startWith({ DATABASE_URL: database.url }, { script: 'server/migrate.ts' });
  expect(code).toBe(0);
  expect(said).toContain('"applied":[],"msg":"the database was up to date"');
});
