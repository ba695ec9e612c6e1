import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SECRET_SETTINGS, unencrypted } from '../../server/platform/config.ts';
import { ConfigError, readConfig, readMigrationConfig } from '../../server/platform/read-config.ts';
import { configurationPage, exampleEnvironment } from '../../tools/configuration.ts';

const complete = {
  DATABASE_URL: 'postgresql://infrahub@127.0.0.1/infrahub',
  JWT_SECRETS: 'k3Zb1w9Qd8Jx0Lr5Vt7Yn2Hs4Mf6Pg1Ac',
  LDAP_URL: 'ldaps://directory.example.org',
  LDAP_USER_BASE_DN: 'ou=people,dc=example,dc=org',
  LDAP_SERVICE_DN: 'cn=infrahub,dc=example,dc=org',
  LDAP_SERVICE_PASSWORD: 'pw',
  LDAP_GROUP_BASE_DN: 'ou=groups,dc=example,dc=org',
  EXTERNAL_SERVER_API_URL: 'https://inventory.example.org',
  GIT_REPO_URL: 'https://git.example.org/tenants.git',
  ARGOCD_URL: 'https://argocd.example.org',
  ARGOCD_TOKEN: 'token',
};

function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'infrahub-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, content);
  return file;
}

test('what is required and nothing else is enough', () => {
  expect(readConfig(complete)).toMatchObject({ PORT: 3000, SYNC_INTERVAL_MINUTES: 15, PROVISION_POLL_SECONDS: 10 });
});

test('every problem is named at once, by name, with what is expected', () => {
  const problems = problemsOf({ ...complete, PORT: 'eighty', LDAP_URL: 'http://x', ARGOCD_TOKEN: undefined });
  expect(problems).toEqual([
    expect.stringMatching(/^PORT: must be a number\. Expected: Port to listen on/),
    expect.stringMatching(/^LDAP_URL: must be a URL that starts with ldap:\/\/ or ldaps:\/\//),
    expect.stringMatching(/^ARGOCD_TOKEN: is missing\. Expected: Token of an account/),
  ]);
});

test('one problem and several are counted in words', () => {
  expect(() => readConfig({ ...complete, PORT: 'x' })).toThrow(/^1 setting needs attention\.\n/);
  expect(() => readConfig({ ...complete, PORT: 'x', HOST: undefined, LOG_LEVEL: 'x' })).toThrow(/^2 settings need/);
});

test('a migration needs to know the database alone, and looks at no other secret', () => {
  const { DATABASE_URL } = complete;
  expect(readMigrationConfig({ DATABASE_URL, PORT: 'eighty', ARGOCD_TOKEN_FILE: '/nowhere' })).toEqual({
    DATABASE_URL,
    LOG_LEVEL: 'info',
  });
  expect(() => readMigrationConfig({})).toThrow(/^1 setting needs attention\.\n {2}- DATABASE_URL: is missing\./);
});

test('connections that everybody on the way can read are named', () => {
  expect(unencrypted(readConfig(complete))).toEqual([]);
  const open = {
    LDAP_URL: 'ldap://d',
    EXTERNAL_SERVER_API_URL: 'http://i',
    GIT_REPO_URL: 'http://g',
    ARGOCD_URL: 'http://a',
  };
  expect(unencrypted(readConfig({ ...complete, ...open }))).toEqual(Object.keys(open));
});

test('an empty variable counts as absent', () => {
  expect(problemsOf({ ...complete, DATABASE_URL: '' })).toEqual([expect.stringMatching(/^DATABASE_URL: is missing/)]);
  expect(readConfig({ ...complete, GIT_TOKEN: '' }).GIT_TOKEN).toBeUndefined();
});

test.each(SECRET_SETTINGS)('%s may come from a file, without its last line break', (name) => {
  const value = name in complete ? complete[name as keyof typeof complete] : 'from-a-file';
  const config = readConfig({ ...complete, [name]: undefined, [`${name}_FILE`]: fileWith(`${value}\n`) });
  expect([config[name]].flat()).toEqual([value]);
});

test('a secret that is given twice, or whose file cannot be read, is a problem', () => {
  expect(problemsOf({ ...complete, ARGOCD_TOKEN_FILE: fileWith('other') })).toEqual([
    expect.stringContaining('set only one of them'),
  ]);
  expect(problemsOf({ ...complete, ARGOCD_TOKEN: undefined, ARGOCD_TOKEN_FILE: '/nowhere' })).toEqual([
    expect.stringContaining('/nowhere cannot be read'),
  ]);
});

test('proxies and origins are lists, and nobody where they are not set', () => {
  const { TRUST_PROXY, CORS_ORIGINS } = readConfig({
    ...complete,
    TRUST_PROXY: '10.0.0.0/8, fd00::/8,192.0.2.7',
    CORS_ORIGINS: 'https://a.example, http://b.example:8080',
  });
  expect(TRUST_PROXY).toEqual(['10.0.0.0/8', 'fd00::/8', '192.0.2.7']);
  expect(CORS_ORIGINS).toEqual(['https://a.example', 'http://b.example:8080']);
  expect(readConfig(complete)).toMatchObject({ TRUST_PROXY: [], CORS_ORIGINS: [] });
});

test.each([
  ['TRUST_PROXY', 'proxy.example'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '10.0.0.0/'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://a.example/'],
  ['CORS_ORIGINS', 'a.example'],
])('%s is not %s', (name, value) => {
  expect(problemsOf({ ...complete, [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
});

test.each([
  ['a short key', 'short'],
  ['a sample value', 'change-me-change-me-change-me-change-me'],
  ['one short key among others', `${complete.JWT_SECRETS},short`],
])('%s does not sign tokens', (_, secrets) => {
  expect(problemsOf({ ...complete, JWT_SECRETS: secrets })).toEqual([expect.stringMatching(/^JWT_SECRETS: /)]);
});

test('no problem repeats a secret', () => {
  const canary = 'canary-5f2d';
  const problems = problemsOf({ ...complete, DATABASE_URL: `mysql://u:${canary}@h/d`, JWT_SECRETS: canary });
  expect(problems).toHaveLength(2);
  expect(problems.join()).not.toContain(canary);
});

test('a way to find people in the directory is required', () => {
  const { LDAP_USER_BASE_DN: _, ...rest } = complete;
  expect(problemsOf(rest)).toEqual([expect.stringMatching(/^LDAP_USER_BASE_DN: is missing/)]);
  expect(problemsOf({ ...rest, LDAP_USER_DN_TEMPLATE: 'uid={username},dc=example,dc=org' })).toEqual([]);
});

test('docs/configuration.md and .env.example say what the schema says (npm run docs writes them)', () => {
  expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationPage());
  expect(readFileSync('.env.example', 'utf8')).toBe(exampleEnvironment());
});
