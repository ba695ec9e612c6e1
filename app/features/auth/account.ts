import { useEffect } from 'react';
import { client, queryClient } from '../../api.ts';
import { asProblem } from '../../ui/problem.ts';
import { currentSession, endSession, nextSession, startSession, useSession } from './session.ts';

/** Ends the session on the server and in every tab; the tabs forget it even where the server cannot be reached. */
export async function signOut(): Promise<void> {
  const token = currentSession()?.token;
  endSession();
  queryClient.clear();
  if (!token) return;
  const headers = { authorization: `Bearer ${token}` };
  await fetch('/api/v1/auth/logout', { method: 'POST', headers, keepalive: true }).catch(() => undefined);
}

const RENEW_BEFORE_MS = 120_000;
const TRY_AGAIN_MS = 15_000;

async function renew(token: string, username: string): Promise<boolean> {
  if (currentSession()?.token !== token) return true;
  try {
    startSession(username, await client.auth.renew.mutate());
    return true;
  } catch (error) {
    return !asProblem(error).transient;
  }
}

/** Renews the token quietly while the page is open; the moment differs from tab to tab, so that one does it for all. */
export function useQuietRenewal(): void {
  const session = useSession((state) => state.session);
  useEffect(() => {
    if (!session) return;
    const { token, username, expiresAt } = session;
    let timer: ReturnType<typeof setTimeout>;
    const plan = (wait: number) => {
      timer = setTimeout(async () => {
        if (Date.now() > expiresAt) await nextSession(token);
        else if (!(await renew(token, username))) plan(TRY_AGAIN_MS);
      }, wait);
    };
    plan(Math.max(0, expiresAt - Date.now() - RENEW_BEFORE_MS - Math.random() * TRY_AGAIN_MS));
    return () => clearTimeout(timer);
  }, [session]);
}
