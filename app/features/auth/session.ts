import { create } from 'zustand';
import { asRecord } from '../../ui/problem.ts';

/** Who is signed in here. It lives in memory only: never in storage, a cookie or an address. */
export type Session = {
  token: string;
  /** Milliseconds since 1970, by this machine's clock. */
  expiresAt: number;
  username: string;
};

type State = {
  session: Session | undefined;
  /** The server no longer accepts the token; the work that needs it waits for a new sign-in. */
  lapsed: boolean;
};

export const useSession = create<State>(() => ({ session: undefined, lapsed: false }));

export const currentSession = (): Session | undefined => useSession.getState().session;

type Message = { kind: 'ask' } | { kind: 'offer' | 'changed'; session: Session } | { kind: 'ended' };

const HANDOVER_MS = 250;
let channel: BroadcastChannel | undefined;
const tell = (what: Message) => channel?.postMessage(what);

/** Connects this tab with the portal's other tabs. */
function connect(): void {
  if (channel || typeof BroadcastChannel === 'undefined') return;
  channel = new BroadcastChannel('infrahub-session');
  channel.addEventListener('message', ({ data }) => {
    const heard = messageFrom(data);
    if (heard) hear(heard);
  });
}

/** Read by hand: a schema library would add a quarter to what the sign-in page loads. */
function messageFrom(data: unknown): Message | undefined {
  const { kind, session } = asRecord(data);
  if (kind === 'ask' || kind === 'ended') return { kind };
  if (kind !== 'offer' && kind !== 'changed') return undefined;
  const { token, expiresAt, username } = asRecord(session);
  if (typeof token !== 'string' || token === '' || typeof username !== 'string') return undefined;
  return typeof expiresAt === 'number' ? { kind, session: { token, expiresAt, username } } : undefined;
}

function hear(heard: Message): void {
  const mine = currentSession();
  if (heard.kind === 'ask' && mine && !useSession.getState().lapsed) tell({ kind: 'offer', session: mine });
  if (heard.kind === 'offer' && !mine) useSession.setState({ session: heard.session, lapsed: false });
  if (heard.kind === 'changed' && mine?.username === heard.session.username) {
    useSession.setState({ session: heard.session, lapsed: false });
  }
  if (heard.kind === 'ended') useSession.setState({ session: undefined, lapsed: false });
}

/** This tab's session, or the one that another open tab hands over; undefined where nobody is signed in. */
export function findSession(): Promise<Session | undefined> {
  const mine = currentSession();
  if (mine) return Promise.resolve(mine);
  connect();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(patience);
      unsubscribe();
      resolve(currentSession());
    };
    const patience = setTimeout(finish, HANDOVER_MS);
    const unsubscribe = useSession.subscribe(finish);
    tell({ kind: 'ask' });
  });
}

/** A token was given: this tab uses it, and so do the others of the same person. */
export function startSession(username: string, token: { access_token: string; expires_in: number }): void {
  connect();
  const session = { token: token.access_token, expiresAt: Date.now() + token.expires_in * 1000, username };
  useSession.setState({ session, lapsed: false });
  tell({ kind: 'changed', session });
}

/** Forgets the token in this tab and in every other. */
export function endSession(): void {
  useSession.setState({ session: undefined, lapsed: false });
  tell({ kind: 'ended' });
}

/** The server refused the token: resolves with the next one, or with undefined if the person leaves instead. */
export function nextSession(refused: string): Promise<Session | undefined> {
  const { session } = useSession.getState();
  if (session?.token !== refused) return Promise.resolve(session);
  useSession.setState({ lapsed: true });
  return new Promise((resolve) => {
    const unsubscribe = useSession.subscribe((state) => {
      if (state.session?.token === refused) return;
      unsubscribe();
      resolve(state.session);
    });
  });
}
