import { expect, test } from 'vitest';
import { SECRET_SETTINGS } from '../../server/platform/config.ts';
import { createLog } from '../../server/platform/log.ts';
import { readConfig } from '../../server/platform/read-config.ts';
import { createScrub, secretsOf } from '../../server/platform/scrub.ts';

/** A value that each secret setting may have; a new secret is to be added here. */
const CANARIES: Record<string, string> = {
  DATABASE_URL: 'postgresql://infrahub:canary-database%2F7c1e@127.0.0.1/infrahub',
  JWT_SECRETS: 'canary-jwt-newest-7c1e-0123456789abcdef,canary-jwt-oldest-7c1e-0123456789abcdef',
  LDAP_SERVICE_PASSWORD: 'canary-"ldap"-7c1e&/ä',
  EXTERNAL_SERVER_API_TOKEN: 'canary-consumer:canary-inventory-token:canary-inventory-secret',
  GIT_TOKEN: 'canary-git-7c1e',
  ARGOCD_TOKEN: 'canary-argocd-7c1e',
};

const config = readConfig({
  LDAP_URL: 'ldap://127.0.0.1',
  LDAP_USER_BASE_DN: 'dc=example,dc=org',
  LDAP_SERVICE_DN: 'cn=infrahub,dc=example,dc=org',
  LDAP_GROUP_BASE_DN: 'dc=example,dc=org',
  EXTERNAL_SERVER_API_URL: 'http://127.0.0.1',
  GIT_REPO_URL: '/nowhere.git',
  ARGOCD_URL: 'http://127.0.0.1',
  ...CANARIES,
});

/** What the log writes, with every secret of the settings known to it. */
function written(fields: Record<string, unknown>, message = 'a line'): string {
  let text = '';
  createLog('debug', { write: (line) => (text += line) }, secretsOf(config)).info(fields, message);
  expect(JSON.parse(text)).toMatchObject({ level: 'info' });
  return text;
}

/** What the log writes when it knows none. */
function writtenBlindly(fields: Record<string, unknown>, message = 'a line'): string {
  let text = '';
  createLog('debug', { write: (line) => (text += line) }).info(fields, message);
  expect(JSON.parse(text)).toMatchObject({ level: 'info' });
  return text;
}

test('every secret setting has a canary here', () => {
  expect(Object.keys(CANARIES).sort()).toEqual([...SECRET_SETTINGS].sort());
});

test.each(Object.entries(CANARIES))('%s is in no line, wherever it was put', (_name, value) => {
  const cause = new Error(`the answer quoted ${value}`);
  const lines = [
    written({}, `it was ${value}`),
    written({ some: { thing: [{ deep: { down: value } }] } }),
    written({ err: new Error(`could not use ${value}`, { cause }) }),
    written({ url: `http://127.0.0.1/?q=${encodeURIComponent(value)}` }),
    written({ body: Buffer.from(value).toString('base64') }),
    written({ body: JSON.stringify({ quoted: value }) }),
  ];
  for (const line of lines) expect(line).not.toMatch(/canary|Y2FuYXJ5/);
});

test('each part of a list, of a key and of an address is a secret by itself', () => {
  for (const part of ['canary-jwt-oldest-7c1e-0123456789abcdef', 'canary-inventory-secret', 'canary-database/7c1e']) {
    expect(written({}, `it was ${part}`)).not.toContain('canary');
  }
});

test.each([
  ['a key at any depth', { a: { b: [{ c: { d: { password: 'hunter22' } } }] } }],
  ['a key that ends like one', { client_secret: 'hunter22', 'x-api-key': 'hunter22', newPassword: 'hunter22' }],
  [
    'headers',
    { headers: { Authorization: 'hunter22', 'Set-Cookie': ['hunter22; path=/'], 'private-token': 'hunter22' } },
  ],
  ['a list', { secrets: ['hunter22', 'hunter22'] }],
  ['a value with quotes', { password: 'say "hunter22" to nobody' }],
  ['a credential in an address', { url: 'https://oauth2:hunter22@git.example.org/tenants.git' }],
  ['a user without a password in an address', { url: 'https://hunter22@git.example.org/tenants.git' }],
  ['a query', { url: '/api/v1/auth/me?limit=5&access_token=hunter22&x=1' }],
  ['a body that is quoted', { body: '{"username":"anna","password":"hunter22"}' }],
  ['a body that is quoted in what is quoted', { body: JSON.stringify({ in: '{"password":"hunter22"}' }) }],
  ['a bearer token', { said: 'sent Authorization: Bearer hunter22hunter22 to it' }],
  ['a token of ours', { said: 'with eyJhbGciOiJIUzI1NiJ9.hunter22.hunter22' }],
])('%s is redacted though nobody said that it is a secret', (_where, fields) => {
  expect(writtenBlindly(fields)).not.toContain('hunter22');
  expect(writtenBlindly({ err: new Error('x', { cause: new Error(JSON.stringify(fields)) }) })).not.toContain(
    'hunter22',
  );
});

test('what is no secret stays', () => {
  const fields = { path: '/api/v1/projects', request_id: 'r', commit: '0b0fbb1c', team: 'the secret service', ms: 5 };
  expect(JSON.parse(writtenBlindly(fields, 'GIT_TOKEN has expired'))).toMatchObject({
    ...fields,
    msg: 'GIT_TOKEN has expired',
  });
});

test('a long line without an end costs no long time', () => {
  const scrub = createScrub(['canary-git-7c1e']);
  const line = `${'"'.repeat(20_000)}${'\\'.repeat(20_000)}"${'token'.repeat(10_000)}${'?token='.repeat(5_000)}${'//'.repeat(20_000)}${'-eyJ'.repeat(20_000)}${'-eyJabcdefgh.'.repeat(20_000)}`;
  expect(scrub(line).length).toBeGreaterThan(0);
});

test('only the key of MAAS has parts that are secrets by themselves', () => {
  expect(secretsOf({ LDAP_SERVICE_PASSWORD: 'request:granted', EXTERNAL_SERVER_API_TOKEN: 'a:b:c' })).toEqual([
    'request:granted',
    'a:b:c',
    'a',
    'b',
    'c',
  ]);
});
