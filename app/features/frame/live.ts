import { useEffect } from 'react';
import { create } from 'zustand';
import type { Topic } from '../../../server/live/live.schema.ts';
import { api, client, readAgain } from '../../api.ts';
import { useSession } from '../auth/session.ts';

/** Whether the server tells this page what changes, or the page has to ask. */
export const useConnection = create<{ state: 'starting' | 'live' | 'lost' }>(() => ({ state: 'starting' }));

/** While the connection is lost, what is on the screen is asked for again this often. */
const ASK_AGAIN_MS = 10_000;

const ROOMS = {
  org: [api.org.pathKey()],
  servers: [api.servers.pathKey(), api.allocations.pathKey(), api.admin.pathKey(), api.reports.pathKey()],
  quotas: [api.quotas.pathKey(), api.allocations.pathKey(), api.reports.pathKey(), api.org.pathKey()],
  projects: [api.projects.pathKey(), api.reports.attention.queryKey()],
  audit: [api.audit.pathKey()],
} as const satisfies Record<Topic, readonly unknown[]>;

function readTopics(topics: Topic[]): void {
  for (const queryKey of new Set(topics.flatMap((topic) => ROOMS[topic]))) readAgain(queryKey);
}

/** Keeps every page up to date: by the server's hints, and by asking while there are none. */
export function useLiveUpdates(): void {
  const token = useSession((state) => state.session?.token);
  useEffect(() => {
    if (!token) return;
    const lost = () => useConnection.setState({ state: 'lost' });
    const listening = client.live.changes.subscribe(undefined, {
      onData: ({ topics }) => readTopics(topics),
      onConnectionStateChange: ({ state, error }) => {
        if (state === 'pending') useConnection.setState({ state: 'live' });
        else if (error) lost();
      },
      onError: lost,
      onComplete: lost,
    });
    return () => listening.unsubscribe();
  }, [token]);
  const state = useConnection((connection) => connection.state);
  useEffect(() => {
    if (state !== 'lost') return;
    const timer = setInterval(() => readAgain(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [state]);
}
