import { createHash, createHmac } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTokens, type Tokens } from '../../server/auth/tokens.ts';

const SECRET = 'k1-0123456789-0123456789-0123456789-0123';
const OLDER = 'k0-abcdefghij-abcdefghij-abcdefghij-abcd';
const NOON = Date.parse('2026-03-01T12:00:00.000Z');
const IN_8_HOURS = '2026-03-01T20:00:00.000Z';
const SESSION = '0b7c1c4e-5a3f-4f0e-9a53-aaaaaaaaaaaa';
const TEAM = '0b7c1c4e-5a3f-4f0e-9a53-bbbbbbbbbbbb';
const FIELD = '0b7c1c4e-5a3f-4f0e-9a53-cccccccccccc';

const who = {
  sub: 'anna',
  sessionId: SESSION,
  grants: [
    { role: 'team_lead' as const, scope_id: TEAM },
    { role: 'field_admin' as const, scope_id: FIELD },
  ],
};

function clockAt(ms: number) {
  const clock = { now: () => new Date(ms) };
  return { clock, advance: (seconds: number) => (ms += seconds * 1000) };
}

const tokensWith = (over: Partial<Parameters<typeof createTokens>[0]> = {}) =>
  createTokens({
    secrets: [SECRET],
    issuer: 'infrahub',
    audience: 'infrahub-api',
    clock: clockAt(NOON).clock,
    ...over,
  });

test('a token names the caller, the highest role, every grant and its session, and lives for 15 minutes', async () => {
  const { token, expiresIn } = await (await tokensWith()).sign(who, IN_8_HOURS);
  expect(expiresIn).toBe(900);
  expect(decodeProtectedHeader(token)).toEqual({
    alg: 'HS256',
    typ: 'at+jwt',
    kid: expect.stringMatching(/^[0-9a-f]{8}$/),
  });
  expect(decodeJwt(token)).toEqual({
    iss: 'infrahub',
    aud: 'infrahub-api',
    sub: 'anna',
    sid: SESSION,
    jti: expect.stringMatching(/^[\w-]{22}$/),
    iat: NOON / 1000,
    nbf: NOON / 1000,
    exp: NOON / 1000 + 900,
    role: 'field_admin',
    scope_id: FIELD,
    grants: who.grants,
  });
});

test('what was signed is verified, again and again', async () => {
  const tokens = await tokensWith();
  const { token } = await tokens.sign(who, IN_8_HOURS);
  expect(await tokens.verify(token)).toEqual(who);
  expect(await tokens.verify(token)).toEqual(who);
});

test('a token does not outlive its session', async () => {
  const tokens = await tokensWith();
  const { token, expiresIn } = await tokens.sign(who, '2026-03-01T12:05:00.000Z');
  expect(expiresIn).toBe(300);
  expect(decodeJwt(token).exp).toBe(NOON / 1000 + 300);
});

test('a token is accepted until 30 seconds past its end, for clocks differ, and is expired then, remembered or not', async () => {
  const { clock, advance } = clockAt(NOON);
  const tokens = await tokensWith({ clock });
  const { token } = await tokens.sign(who, IN_8_HOURS);
  advance(900 + 29);
  expect(await tokens.verify(token)).toEqual(who);
  advance(1);
  await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
});

test('a token of a replica whose clock is up to 30 seconds ahead is accepted', async () => {
  const { token } = await (await tokensWith({ clock: clockAt(NOON + 30_000).clock })).sign(who, IN_8_HOURS);
  expect(await (await tokensWith()).verify(token)).toEqual(who);
  const { token: tooEarly } = await (await tokensWith({ clock: clockAt(NOON + 31_000).clock })).sign(who, IN_8_HOURS);
  await expect((await tokensWith()).verify(tooEarly)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('keys rotate: the newest signs, all verify, and a key that is gone verifies no more', async () => {
  const before = await tokensWith({ secrets: [OLDER] });
  const during = await tokensWith({ secrets: [SECRET, OLDER] });
  const after = await tokensWith({ secrets: [SECRET] });
  const { token: old } = await before.sign(who, IN_8_HOURS);
  const { token: fresh } = await during.sign(who, IN_8_HOURS);
  expect(await during.verify(old)).toEqual(who);
  expect(await during.verify(fresh)).toEqual(who);
  expect(await after.verify(fresh)).toEqual(who);
  await expect(after.verify(old)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(before.verify(fresh)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

describe('every other token is refused', () => {
  const kid = (secret: string) =>
    createHash('sha256').update(`infrahub token key id: ${secret}`).digest('hex').slice(0, 8);
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { alg: 'HS256', typ: 'at+jwt', kid: kid(SECRET) };
  const payload = {
    iss: 'infrahub',
    aud: 'infrahub-api',
    sub: 'anna',
    sid: SESSION,
    jti: 'some-id',
    iat: NOON / 1000,
    nbf: NOON / 1000,
    exp: NOON / 1000 + 900,
    role: 'team_lead',
    scope_id: TEAM,
    grants: [{ role: 'team_lead', scope_id: TEAM }],
  };

  /** Signed as asked, with any header and payload, as an attacker or another system would. */
  function forged(over: {
    header?: Record<string, unknown>;
    payload?: Record<string, unknown>;
    secret?: string;
    hash?: string;
  }): string {
    const signed = `${base64({ ...header, ...over.header })}.${base64({ ...payload, ...over.payload })}`;
    const signature = createHmac(over.hash ?? 'sha256', over.secret ?? SECRET).update(signed);
    return `${signed}.${signature.digest('base64url')}`;
  }
  const [head, body, signature] = forged({}).split('.');

  test('the forger makes a good token when nothing is changed', async () => {
    expect(await (await tokensWith()).verify(forged({}))).toMatchObject({ sub: 'anna', sessionId: SESSION });
  });

  const bad: Record<string, string> = {
    'no algorithm': `${base64({ ...header, alg: 'none' })}.${body}.`,
    'no algorithm, with a signature': `${base64({ ...header, alg: 'none' })}.${body}.${signature}`,
    'HS512 with our key': forged({ header: { alg: 'HS512' }, hash: 'sha512' }),
    'HS384 with our key': forged({ header: { alg: 'HS384' }, hash: 'sha384' }),
    'another type': forged({ header: { typ: 'JWT' } }),
    'no type': forged({ header: { typ: undefined } }),
    'an unknown key id': forged({ header: { kid: kid('another secret') } }),
    'no key id': forged({ header: { kid: undefined } }),
    'a critical extension that we do not know': forged({ header: { crit: ['x'], x: 1 } }),
    'our key id with another key': forged({ secret: OLDER }),
    'another issuer': forged({ payload: { iss: 'someone-else' } }),
    'another audience': forged({ payload: { aud: 'another-api' } }),
    'no issuer': forged({ payload: { iss: undefined } }),
    'no audience': forged({ payload: { aud: undefined } }),
    'no end': forged({ payload: { exp: undefined } }),
    'no time of issue': forged({ payload: { iat: undefined } }),
    'no beginning': forged({ payload: { nbf: undefined } }),
    'a beginning in the future': forged({ payload: { nbf: NOON / 1000 + 60 } }),
    'issued in the future': forged({ payload: { iat: NOON / 1000 + 60 } }),
    'no subject': forged({ payload: { sub: undefined } }),
    'no id': forged({ payload: { jti: undefined } }),
    'no session': forged({ payload: { sid: undefined } }),
    'a session that is no id': forged({ payload: { sid: 'x' } }),
    'no grants': forged({ payload: { grants: [] } }),
    'a role that does not exist': forged({ payload: { grants: [{ role: 'root', scope_id: null }] } }),
    'a role raised without the key': `${head}.${base64({ ...payload, role: 'center_admin' })}.${signature}`,
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'a signature cut short': `${head}.${body}.${signature?.slice(0, -4)}`,
    'nothing at all': '',
    'a megabyte of noise': 'x'.repeat(1_000_000),
  };

  test.each(Object.entries(bad))('%s', async (_what, token) => {
    await expect((await tokensWith()).verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  const expired: Record<string, string> = {
    'past its end': forged({ payload: { iat: NOON / 1000 - 1000, nbf: NOON / 1000 - 1000, exp: NOON / 1000 - 100 } }),
    'older than 15 minutes, whatever end it names': forged({ payload: { iat: NOON / 1000 - 1000, exp: 4e9 } }),
  };

  test.each(Object.entries(expired))('%s, as expired', async (_what, token) => {
    await expect((await tokensWith()).verify(token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });
});

test('a refusal does not repeat the token', async () => {
  const tokens: Tokens = await tokensWith();
  const { token } = await tokens.sign(who, IN_8_HOURS);
  const refusal = await tokens.verify(`${token}x`).catch((error: unknown) => error);
  expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain(token.slice(0, 60));
});
