import { isTooMany, mayPass } from './api-error.ts';

const TRIES = 4;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** Whoever is asked to wait longer is told so instead. */
const LONGEST_ASKED_MS = 30_000;

/**
 * Does `attempt` until it succeeds, four times at most, with growing waits between them or those that InfraHub asks for.
 * What `isSafe` says no to is only done again where InfraHub said that it did nothing.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { isSafe, signal }: { isSafe: boolean; signal?: AbortSignal | undefined },
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === TRIES || !(isSafe ? mayPass(error) : isTooMany(error))) throw error;
      const wait = waitFor(error, tries);
      if (wait > LONGEST_ASKED_MS) throw error;
      await pause(wait, signal);
    }
  }
}

/** Milliseconds to wait after this failure: what is asked for, or a random part of a growing time. */
export function waitFor(error: unknown, tries: number): number {
  const asked = mayPass(error) ? error.retryAfterSeconds : undefined;
  if (asked !== undefined) return asked * 1000;
  return Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
}

/** @throws the signal's reason once it aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
