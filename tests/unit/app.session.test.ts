import { afterEach, expect, test, vi } from 'vitest';
import { authorisedFetch } from '../../app/features/auth/authorised-fetch.ts';
import { currentSession, endSession, startSession, useSession } from '../../app/features/auth/session.ts';

const token = (access_token: string) => ({ access_token, expires_in: 900 });

/** A server that accepts one token only; returns the tokens that it was shown. */
function serverAccepting(accepted: string): (string | null)[] {
  const shown: (string | null)[] = [];
  vi.stubGlobal('fetch', async (_: unknown, init: RequestInit) => {
    const sent = new Headers(init.headers).get('authorization');
    shown.push(sent);
    return new Response(null, { status: sent === `Bearer ${accepted}` ? 200 : 401 });
  });
  return shown;
}

afterEach(() => {
  endSession();
  vi.unstubAllGlobals();
});

test('the token goes into the header, and the headers that were there stay', async () => {
  startSession('yael', token('first'));
  const sent: Headers[] = [];
  vi.stubGlobal('fetch', async (_: unknown, init: RequestInit) => {
    sent.push(new Headers(init.headers));
    return new Response(null);
  });
  await authorisedFetch('/api/trpc/x', { headers: { accept: 'text/csv' } });
  expect(sent[0]?.get('authorization')).toBe('Bearer first');
  expect(sent[0]?.get('accept')).toBe('text/csv');
});

test('a refused request waits for a new sign-in and is then sent again', async () => {
  const shown = serverAccepting('second');
  startSession('yael', token('first'));
  const answer = authorisedFetch('/api/trpc/x');
  await vi.waitFor(() => expect(useSession.getState().lapsed).toBe(true));
  startSession('yael', token('second'));
  expect((await answer).status).toBe(200);
  expect(shown).toEqual(['Bearer first', 'Bearer second']);
  expect(useSession.getState().lapsed).toBe(false);
});

test('leaving instead gives the refusal back to whoever waits', async () => {
  serverAccepting('second');
  startSession('yael', token('first'));
  const answer = authorisedFetch('/api/trpc/x');
  await vi.waitFor(() => expect(useSession.getState().lapsed).toBe(true));
  endSession();
  expect((await answer).status).toBe(401);
  expect(currentSession()).toBeUndefined();
});

test('a token that was renewed meanwhile is used without asking anybody', async () => {
  const shown: (string | null)[] = [];
  startSession('yael', token('first'));
  vi.stubGlobal('fetch', async (_: unknown, init: RequestInit) => {
    const sent = new Headers(init.headers).get('authorization');
    shown.push(sent);
    if (sent === 'Bearer first') startSession('yael', token('second'));
    return new Response(null, { status: sent === 'Bearer second' ? 200 : 401 });
  });
  expect((await authorisedFetch('/api/trpc/x')).status).toBe(200);
  expect(shown).toEqual(['Bearer first', 'Bearer second']);
  expect(useSession.getState().lapsed).toBe(false);
});
