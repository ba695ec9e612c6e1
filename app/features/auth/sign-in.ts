import { asRecord, type Problem, problemOf } from '../../ui/problem.ts';
import { startSession } from './session.ts';

/**
 * Signs in at the REST door: it needs nothing that the sign-in page would have to load first. Resolves with what was
 * wrong, or with nothing once the session has begun.
 */
export async function signIn(username: string, password: string): Promise<Problem | undefined> {
  const response = await fetch('/api/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  }).catch(() => undefined);
  const { access_token, expires_in, error } = asRecord(await response?.json().catch(() => undefined));
  if (typeof access_token !== 'string' || typeof expires_in !== 'number') return problemOf(error);
  startSession(username, { access_token, expires_in });
  return undefined;
}
