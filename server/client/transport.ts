import { asRecord, errorFrom, InfraHubApiError, unreachable } from './api-error.ts';
import type { MutationOptions } from './calls.ts';
import { withRetries } from './retry.ts';
import { type Credentials, createSession, type TokenAnswer } from './session.ts';

/** `url` is where InfraHub is: `https://infrahub.example.org`, or below a path where a gateway puts it. */
export type ClientOptions = { url: string } & Credentials;

type Request = {
  type: 'query' | 'mutation' | 'subscription';
  path: string;
  input?: unknown;
  key?: string | undefined;
  signal: AbortSignal;
};

const TIMEOUT_MS = 30_000;

/** Paths of the procedures that take an idempotency key, filled in when the package is built. */
declare const KEYED_PROCEDURES: readonly string[];

/** Sends calls through the tRPC door, with a token, and again where that is safe and may help. */
export function createTransport({ url, ...credentials }: ClientOptions) {
  const root = new URL('api/trpc/', url.endsWith('/') ? url : `${url}/`);

  /** @throws InfraHubApiError for every answer but success, and for none at all. */
  async function send(request: Request, token?: string): Promise<Response> {
    const answer = await fetch(addressOf(root, request), initOf(request, token)).catch((cause) => {
      throw failureOf(cause, request.signal);
    });
    if (answer.ok) return answer;
    const { error } = asRecord(await answer.json().catch(() => undefined));
    throw errorFrom(error, answer) ?? unreachable(`Not InfraHub, but something before it answered.`, undefined, answer);
  }

  async function resultOf(request: Request, answer: Response): Promise<unknown> {
    const said: unknown = await answer.json().catch((cause) => {
      throw failureOf(cause, request.signal);
    });
    return asRecord(asRecord(said).result).data;
  }

  const session = createSession(credentials, (path, input, token) => {
    const attempt = async () => {
      const request = { type: 'mutation' as const, path, input, signal: AbortSignal.timeout(TIMEOUT_MS) };
      return tokenAnswer(await resultOf(request, await send(request, token)));
    };
    return withRetries(attempt, { isSafe: true });
  });

  /** With a token; once more with another one where that one is refused. */
  async function sendSigned(request: Request): Promise<Response> {
    const { signal } = request;
    const token = await unlessGivenUp(session.token(), signal);
    try {
      return await send(request, token);
    } catch (error) {
      if (!isUnauthenticated(error) || !(await unlessGivenUp(session.refused(token), signal))) throw error;
      return send(request, await unlessGivenUp(session.token(), signal));
    }
  }

  return {
    /** The result of a query or a mutation. */
    async call(
      type: 'query' | 'mutation',
      path: string,
      input: unknown,
      options: MutationOptions = {},
    ): Promise<unknown> {
      const keyed = type === 'mutation' && KEYED_PROCEDURES.includes(path);
      const key = keyed ? (options.idempotencyKey ?? crypto.randomUUID()) : undefined;
      const patience = () => {
        const limit = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
        return options.signal ? AbortSignal.any([options.signal, limit]) : limit;
      };
      const attempt = async () => {
        const request = { type, path, input, key, signal: patience() };
        return resultOf(request, await sendSigned(request));
      };
      // Signing in has its own tries.
      await unlessGivenUp(session.token(), patience());
      return withRetries(attempt, { isSafe: type === 'query' || keyed, signal: options.signal });
    },

    /** A stream of events, opened but not yet read. */
    open: (path: string, input: unknown, signal: AbortSignal): Promise<Response> =>
      sendSigned({ type: 'subscription', path, input, signal }),
  };
}

export type Transport = ReturnType<typeof createTransport>;

export const isUnauthenticated = (error: unknown): boolean =>
  error instanceof InfraHubApiError && (error.code === 'UNAUTHENTICATED' || error.code === 'TOKEN_EXPIRED');

function addressOf(root: URL, { type, path, input }: Request): URL {
  const address = new URL(path, root);
  if (type !== 'mutation' && input !== undefined) address.searchParams.set('input', JSON.stringify(input));
  return address;
}

function initOf({ type, input, key, signal }: Request, token: string | undefined): RequestInit {
  const headers = new Headers({ accept: type === 'subscription' ? 'text/event-stream' : 'application/json' });
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  if (key !== undefined) headers.set('idempotency-key', key);
  if (type !== 'mutation') return { headers, signal };
  headers.set('content-type', 'application/json');
  const body = input === undefined ? null : JSON.stringify(input);
  return { method: 'POST', headers, body, signal };
}

/** Who gave up gets the reason back; everything else is a network that failed. */
export function failureOf(cause: unknown, signal: AbortSignal): unknown {
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  if (signal.aborted && !timedOut) return signal.reason;
  return unreachable(timedOut ? 'InfraHub did not answer in time.' : 'InfraHub cannot be reached.', cause);
}

/** Waits no longer than the signal allows. What is waited for goes on: others may wait for it, too. */
function unlessGivenUp<T>(coming: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(failureOf(signal.reason, signal));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    coming.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

function tokenAnswer(said: unknown): TokenAnswer {
  const { access_token, expires_in } = asRecord(said);
  if (typeof access_token === 'string' && typeof expires_in === 'number') return { access_token, expires_in };
  throw unreachable('InfraHub answered without a token.');
}
