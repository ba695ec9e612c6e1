import { createHash, randomBytes } from 'node:crypto';
import { errors, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Clock } from '../platform/clock.ts';
import { UnauthenticatedError } from '../platform/errors.ts';
import { type Grant, highestGrant } from '../platform/policy.ts';
import { id } from '../platform/schema.ts';
import { grant, role } from './auth.schema.ts';
import { createExpiringCache } from './expiring-cache.ts';

/** Seconds that a token is valid. */
const LIFETIME = 15 * 60;
/** Seconds that the clocks of two replicas may differ. */
const CLOCK_SKEW = 30;
const MAX_CACHED = 10_000;

const claims = z.object({
  sub: z.string().min(1),
  jti: z.string().min(1),
  sid: id,
  exp: z.number().int(),
  role,
  scope_id: id.nullable(),
  grants: z.array(grant).min(1),
});

/** What a token says that was found genuine and current. */
export type Identity = { sub: string; sessionId: string; grants: Grant[] };

export type TokenSettings = {
  /** Newest first: the first signs, all verify. */
  secrets: string[];
  issuer: string;
  audience: string;
  clock: Clock;
};

/** Signs and verifies access tokens (HS256, `at+jwt`). Verified ones are remembered until they expire. */
export async function createTokens({ secrets, issuer, audience, clock }: TokenSettings) {
  const keys = await Promise.all(secrets.map(async (secret) => ({ kid: kidOf(secret), key: await importKey(secret) })));
  const [newest] = keys;
  if (!newest) throw new Error('JWT_SECRETS names no key');
  const keyById = new Map(keys.map(({ kid, key }) => [kid, key]));
  const verified = createExpiringCache<Identity>({ clock, maxEntries: MAX_CACHED });

  const keyOf: JWTVerifyGetKey<CryptoKey> = ({ kid }) => {
    const key = keyById.get(kid ?? '');
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  };

  return {
    /** A token for the session, valid for 15 minutes but not beyond `sessionEndsAt`; `expiresIn` is in seconds. */
    async sign(who: Identity, sessionEndsAt: string): Promise<{ token: string; expiresIn: number }> {
      const highest = highestGrant(who.grants);
      if (!highest) throw new Error('a token needs a grant');
      const now = Math.floor(clock.now().getTime() / 1000);
      const expiresIn = Math.min(LIFETIME, Math.floor(Date.parse(sessionEndsAt) / 1000) - now);
      const token = await new SignJWT({ ...highest, grants: who.grants, sid: who.sessionId })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: newest.kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(who.sub)
        .setJti(randomBytes(16).toString('base64url'))
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + expiresIn)
        .sign(newest.key);
      return { token, expiresIn };
    },

    /** @throws UnauthenticatedError `TOKEN_EXPIRED`, or `UNAUTHENTICATED` for whatever else is wrong with it. */
    async verify(token: string): Promise<Identity> {
      const known = verified.get(token);
      if (known) return known;
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms: ['HS256'],
          typ: 'at+jwt',
          issuer,
          audience,
          requiredClaims: ['sub', 'jti', 'sid', 'iat', 'nbf', 'exp'],
          maxTokenAge: LIFETIME,
          clockTolerance: CLOCK_SKEW,
          currentDate: clock.now(),
        });
        const { sub, sid, grants, exp } = claims.parse(payload);
        const identity = { sub, sessionId: sid, grants };
        verified.set(token, identity, (exp + CLOCK_SKEW) * 1000);
        return identity;
      } catch (error) {
        throw refusalOf(error);
      }
    },
  };
}

export type Tokens = Awaited<ReturnType<typeof createTokens>>;

/** Names the key without giving it away: replicas with the same secrets agree on it. */
const kidOf = (secret: string): string =>
  createHash('sha256').update(`infrahub token key id: ${secret}`).digest('hex').slice(0, 8);

const importKey = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);

function refusalOf(error: unknown): UnauthenticatedError {
  return error instanceof errors.JWTExpired
    ? new UnauthenticatedError('TOKEN_EXPIRED', 'Your access token has expired. Sign in again.', error)
    : new UnauthenticatedError('UNAUTHENTICATED', 'This access token is not valid. Sign in again.', error);
}
