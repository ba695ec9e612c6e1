import { InfraHubApiError } from './api-error.ts';

/** Somebody who signs in, or a token that was given out to somebody. */
export type Credentials = { username: string; password: string } | { token: string };

/** What signing in and renewing answer. */
export type TokenAnswer = { access_token: string; expires_in: number };
type Ask = (path: 'auth.login' | 'auth.renew', input: unknown, token?: string) => Promise<TokenAnswer>;

/** Both times in milliseconds since 1970. */
type Token = { value: string; renewAt: number; endsAt: number };

/** A token is renewed when a fifth of its life is left. */
const RENEW_AFTER = 0.8;
const TRY_AGAIN_MS = 5_000;

/**
 * Keeps one valid token: signs in when it is first needed, renews it before it ends, and signs in again where that is
 * refused. Those who ask at the same time share one sign-in.
 */
export function createSession(credentials: Credentials, ask: Ask) {
  let current: Promise<Token> | undefined;

  const begin = async (): Promise<Token> =>
    'token' in credentials ? given(credentials.token) : fresh(await ask('auth.login', credentials));

  async function renew(old: Token): Promise<Token> {
    try {
      return fresh(await ask('auth.renew', undefined, old.value));
    } catch (error) {
      if (isRefusal(error) && !('token' in credentials)) return begin();
      // It still holds for a while; perhaps it can be renewed in a moment.
      if (old.endsAt > Date.now()) return { ...old, renewAt: Math.min(old.endsAt, Date.now() + TRY_AGAIN_MS) };
      throw error;
    }
  }

  /** What fails is not kept, so that the next one to ask tries again; but a wrong password stays wrong. */
  function keep(coming: Promise<Token>): Promise<Token> {
    current = coming;
    coming.catch((error) => {
      if (current === coming && !isWrongPassword(error)) current = undefined;
    });
    return coming;
  }

  return {
    async token(): Promise<string> {
      const held = current ?? keep(begin());
      const token = await held;
      if (token.renewAt > Date.now()) return token.value;
      const next = current === held ? keep(renew(token)) : (current ?? keep(begin()));
      return (await next).value;
    },

    /** InfraHub refused this token: forgets it. False if there is no way to another one. */
    async refused(value: string): Promise<boolean> {
      const held = await current?.catch(() => undefined);
      if (held?.value === value) current = undefined;
      return !('token' in credentials);
    },
  };
}

const isRefusal = (error: unknown): boolean => error instanceof InfraHubApiError && error.status === 401;
const isWrongPassword = (error: unknown): boolean =>
  error instanceof InfraHubApiError && error.code === 'INVALID_CREDENTIALS';

function fresh({ access_token, expires_in }: TokenAnswer): Token {
  const now = Date.now();
  return { value: access_token, renewAt: now + expires_in * RENEW_AFTER * 1000, endsAt: now + expires_in * 1000 };
}

/** A token that was brought along says itself when it ends; one that does not is never renewed. */
function given(value: string): Token {
  const { iat, exp } = claimsOf(value);
  if (typeof iat !== 'number' || typeof exp !== 'number') return { value, renewAt: Infinity, endsAt: Infinity };
  return { value, renewAt: (iat + (exp - iat) * RENEW_AFTER) * 1000, endsAt: exp * 1000 };
}

function claimsOf(token: string): { iat?: unknown; exp?: unknown } {
  try {
    return JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return {};
  }
}
