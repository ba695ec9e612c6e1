import { createServer, connect as dial, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

export type Endpoint = { name: string; url: string };

const PROBE_MS = 200;
/** A machine that is busy with other tests is not to look like a replica that is not ready. */
const PROBE_TIMEOUT_MS = 5_000;
const bound = z.object({ port: z.number() });

/**
 * A Kubernetes Service in small: it spreads connections, not requests, over the endpoints whose `/readyz` says yes, in
 * turn, and tries nothing twice. A connection stays where it is, even when its endpoint is no longer ready.
 */
export async function startBalancer(endpoints: Endpoint[]) {
  const ready = new Set<string>();
  const history: { endpoint: string; ready: boolean }[] = [];
  const takenTo = new Map<number, string>();
  const open = new Set<Socket>();
  const ended = new AbortController();
  let turn = 0;

  function note(name: string, isReady: boolean): void {
    if (ready.has(name) === isReady) return;
    if (isReady) ready.add(name);
    else ready.delete(name);
    history.push({ endpoint: name, ready: isReady });
  }

  async function probe({ name, url }: Endpoint): Promise<void> {
    const headers = { connection: 'close' };
    const isReady = await fetch(`${url}/readyz`, { headers, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }).then(
      async (answer) => (await answer.arrayBuffer()) && answer.ok,
      () => false,
    );
    note(name, isReady);
  }

  async function keepProbing(endpoint: Endpoint): Promise<void> {
    while (!ended.signal.aborted) {
      await probe(endpoint);
      await sleep(PROBE_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  }

  function pass(client: Socket): void {
    const candidates = endpoints.filter(({ name }) => ready.has(name));
    const chosen = candidates[turn++ % candidates.length];
    if (!chosen) return void client.destroy();
    takenTo.set(client.remotePort ?? 0, chosen.name);
    const upstream = dial(Number(new URL(chosen.url).port), '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.setNoDelay();
      one.pipe(other);
      one.on('error', () => undefined);
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  }

  const server = createServer({ allowHalfOpen: true }, pass);
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(bound.parse(server.address()).port));
  });
  await Promise.all(endpoints.map(probe));
  const probing = endpoints.map(keepProbing);
  return {
    url: `http://127.0.0.1:${port}`,
    isReady: (name: string): boolean => ready.has(name),
    /** The endpoint to which the connection from this port of the client's was taken. */
    takenTo: (clientPort: number): string | undefined => takenTo.get(clientPort),
    /** How endpoints became ready and unready, in order. */
    history: (name: string): boolean[] => history.filter((h) => h.endpoint === name).map((h) => h.ready),
    async stop(): Promise<void> {
      ended.abort();
      await Promise.all(probing);
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Balancer = Awaited<ReturnType<typeof startBalancer>>;
