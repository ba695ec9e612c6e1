import { QueryClient, type QueryKey } from '@tanstack/react-query';
import { createTRPCClient, httpBatchLink, httpLink, httpSubscriptionLink, splitLink } from '@trpc/client';
import type { inferRouterOutputs } from '@trpc/server';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { EventSource } from 'eventsource';
import type { AppRouter } from '../server/router.ts';
import { authorisedFetch } from './features/auth/authorised-fetch.ts';
import { isLong } from './ui/long-lists.ts';
import { asProblem } from './ui/problem.ts';

export type Outputs = inferRouterOutputs<AppRouter>;

export const queryClient = new QueryClient({
  defaultOptions: {
    // A browser that believes itself offline would hold a change back, and send it whenever it believes otherwise.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      refetchOnReconnect: true,
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && asProblem(error).transient,
    },
  },
});

/** What is known of these rooms, or of all, is out of date: what is on the screen is read again. Long lists say so instead. */
export function readAgain(queryKey: QueryKey = []): void {
  void queryClient.invalidateQueries({ queryKey, refetchType: 'none' });
  void queryClient.refetchQueries({
    queryKey,
    type: 'active',
    predicate: ({ state }) => state.isInvalidated && !isLong(state.data),
  });
}

const url = '/api/trpc';

/** Options of a call that creates something: the same key and input create it once. */
export const once = (idempotencyKey: string) => ({ context: { idempotencyKey } });

/** The browser's own EventSource can send no header, and the token never goes into an address. */
const subscriptions = httpSubscriptionLink({ url, EventSource, eventSourceOptions: { fetch: authorisedFetch } });

/** Milliseconds after which a call without an answer is told to have none; the server gives up before. */
const PATIENCE = 60_000;
const patientFetch: typeof authorisedFetch = (input, init) => authorisedFetch(input, { ...init, patience: PATIENCE });

const mutations = httpLink({
  url,
  fetch: patientFetch,
  headers: ({ op }): Record<string, string> =>
    typeof op.context.idempotencyKey === 'string' ? { 'idempotency-key': op.context.idempotencyKey } : {},
});

const queries = httpBatchLink({ url, fetch: patientFetch, maxItems: 10, maxURLLength: 4_000 });

/** The typed client; for calls outside of a component's life. */
export const client = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: (op) => op.type === 'subscription',
      true: subscriptions,
      false: splitLink({ condition: (op) => op.type === 'mutation', true: mutations, false: queries }),
    }),
  ],
});

/** Query and mutation options of every procedure, for TanStack Query. */
export const api = createTRPCOptionsProxy<AppRouter>({ client, queryClient });
