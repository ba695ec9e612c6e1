import { currentSession, nextSession } from './session.ts';

type Options = Omit<RequestInit, 'signal'> & {
  signal?: AbortSignal | null | undefined;
  /** Milliseconds after which an answer that has not come is no longer waited for. */
  patience?: number;
};

/**
 * `fetch` with the token in its header. Where the token is refused, the request waits for the person to sign in again
 * and is then sent once more, so that nothing typed or chosen is lost.
 */
export async function authorisedFetch(input: RequestInfo | URL, init: Options = {}): Promise<Response> {
  const session = currentSession();
  if (!session) return fetch(input, withPatience(init));
  const response = await fetch(input, withToken(init, session.token));
  if (response.status !== 401) return response;
  const next = await nextSession(session.token);
  return next ? fetch(input, withToken(init, next.token)) : response;
}

function withToken(init: Options, token: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return { ...withPatience(init), headers };
}

function withPatience({ signal, patience, ...init }: Options): RequestInit {
  const limits = [signal ?? [], patience === undefined ? [] : AbortSignal.timeout(patience)].flat();
  return { ...init, signal: AbortSignal.any(limits) };
}
