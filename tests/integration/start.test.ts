import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';

/** Starts InfraHub with nothing but these settings and answers what it said until it ended. */
async function startWith(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['server/main.ts'], { env: { NODE_ENV: 'production', ...env } });
  let said = '';
  const hear = (chunk: Buffer) => {
    said += chunk;
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

test('a database that is out of reach ends the start with 1, before it listens, and without its password', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const address = closed.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await new Promise((resolve) => closed.close(resolve));
  const { code, said } = await startWith({
    DATABASE_URL: `postgresql://infrahub:canary-7c1e@127.0.0.1:${port}/infrahub`,
    JWT_SECRETS: 'k3Zb1w9Qd8Jx0Lr5Vt7Yn2Hs4Mf6Pg1Ac',
    LDAP_URL: 'ldap://127.0.0.1',
    LDAP_USER_BASE_DN: 'dc=example,dc=org',
    LDAP_SERVICE_DN: 'cn=infrahub,dc=example,dc=org',
    LDAP_SERVICE_PASSWORD: 'canary-7c1e',
    LDAP_GROUP_BASE_DN: 'dc=example,dc=org',
    EXTERNAL_SERVER_API_URL: 'http://127.0.0.1',
    GIT_REPO_URL: '/nowhere.git',
    ARGOCD_URL: 'http://127.0.0.1',
    ARGOCD_TOKEN: 'canary-7c1e',
  });
  expect(code).toBe(1);
  expect(said).toContain('InfraHub cannot start');
  expect(said).not.toContain('listening');
  expect(said).not.toContain('canary-7c1e');
});
