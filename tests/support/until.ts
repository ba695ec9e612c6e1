import { setTimeout as sleep } from 'node:timers/promises';

type Options = { seconds?: number; everyMs?: number };

/**
 * Asks again and again until the answer is something; answers that.
 * @throws where it does not become so in time, with what was waited for.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  { seconds = 60, everyMs = 50 }: Options = {},
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${seconds} s in vain for: ${what}`);
    await sleep(everyMs);
  }
}

/** The same for something that is to settle by itself, such as a promise that may never do. */
export async function within<T>(what: string, seconds: number, promise: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = sleep(seconds * 1000, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`Waited ${seconds} s in vain for: ${what}`);
  });
  late.catch(() => undefined);
  return Promise.race([promise, late]).finally(() => ended.abort());
}
