import { setTimeout as sleep } from 'node:timers/promises';
import type { Live } from '../platform/live.ts';
import type { Caller } from '../platform/policy.ts';
import { concerns, topicsOf } from './live.rules.ts';
import { type Hint, topic } from './live.schema.ts';

/** Changes that come within this time of each other are one hint. */
const GATHER_MS = 300;
const RECHECK_MS = 10_000;

/** Tells pages that are open what changed, so that they read it again. */
export function createLiveService({ live }: { live: Live }) {
  return {
    /**
     * Says what to read again whenever something changed in the caller's part of the organisation, beginning with
     * everything. Ends when `signal` aborts, or with the error of `recheck` once the token no longer holds.
     */
    async *changes(
      caller: Caller,
      { signal, recheck }: { signal: AbortSignal | undefined; recheck: () => Promise<Caller> },
    ): AsyncGenerator<Hint> {
      let current = caller;
      const changes = live.subscribe(caller.sessionId, (change) => concerns(current, change));
      try {
        yield { topics: topic.options };
        while (!signal?.aborted) {
          const came = await changes.next({ signal, timeoutMs: RECHECK_MS });
          if (signal?.aborted) return;
          current = await recheck();
          if (came.length === 0) continue;
          await sleep(GATHER_MS);
          const all = [...came, ...(await changes.next({ signal, timeoutMs: 0 }))];
          const topics = [...new Set(all.flatMap(topicsOf))];
          if (topics.length > 0) yield { topics };
        }
      } finally {
        changes.close();
      }
    },
  };
}
