import { createInfraHubClient } from '../../server/client/index.ts';

/** A page of the portal that is open somewhere: it is told what changes, and comes back when its connection is lost. */
export function createSubscriber(url: string, person: { username: string; password: string }) {
  const client = createInfraHubClient({ url, ...person });
  const leaving = new AbortController();
  let heard = 0;
  let failure: unknown;
  const listening = (async () => {
    try {
      for await (const _hint of client.live.changes.subscribe(undefined, { signal: leaving.signal })) heard += 1;
    } catch (error) {
      if (!leaving.signal.aborted) failure = error;
    }
  })();
  return {
    /** How many hints came until now. */
    heard: (): number => heard,
    /** Why it gave up, if it did. */
    failure: (): unknown => failure,
    async leave(): Promise<void> {
      leaving.abort();
      await listening;
    },
  };
}
