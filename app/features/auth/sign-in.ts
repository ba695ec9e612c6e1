import { asRecord, type Problem, problemOf } from '../../ui/problem.ts';
import { startSession } from './session.ts';

/** Milliseconds after which an answer that has not come is no longer waited for. */
const PATIENCE = 60_000;

const DATABASE_DOWN =
  'InfraHub’s database does not answer, so nobody can sign in right now. It is not your password. Try again in a minute; tell your operator if it stays so.';

/**
 * Signs in at the REST door: it needs nothing that the sign-in page would have to load first. Resolves with what was
 * wrong, or with nothing once the session has begun.
 */
export async function signIn(username: string, password: string): Promise<Problem | undefined> {
  const response = await fetch('/api/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
    signal: AbortSignal.timeout(PATIENCE),
  }).catch(() => undefined);
  const { access_token, expires_in, error } = asRecord(await response?.json().catch(() => undefined));
  if (typeof access_token !== 'string' || typeof expires_in !== 'number') return inWordsOfSignIn(problemOf(error));
  startSession(username, { access_token, expires_in });
  return undefined;
}

/** The API tells of a database that is down as one who changes something has to know it. */
const inWordsOfSignIn = (problem: Problem): Problem =>
  problem.code === 'BUSY' ? { ...problem, message: DATABASE_DOWN } : problem;
