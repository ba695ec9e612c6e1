import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';

/**
 * What the generator sends, over and over: each of `requests` in turn, whole HTTP texts in which `{unique}` is replaced
 * by 16 characters that no other request has.
 */
export type LoadPlan = { port: number; clients: number; requests: string[] } & (
  | { seconds: number }
  | { count: number }
);

const loadResult = z.object({
  answered: z.number(),
  seconds: z.number(),
  /** How many answers there were of each status. */
  statuses: z.record(z.string(), z.number()),
  p50Ms: z.number(),
  p99Ms: z.number(),
  /** Share of the time in which the generator was busy: near 1, it is the generator that was measured. */
  busy: z.number(),
});
export type LoadResult = z.infer<typeof loadResult> & { perSecond: number };

/** Puts load on a server from a thread of its own, over raw keep-alive sockets. @throws when any answer is not 2xx. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const worker = new Worker(new URL('./load-worker.ts', import.meta.url), { workerData: plan });
  const [message] = await once(worker, 'message');
  const result = loadResult.parse(message);
  await worker.terminate();

  if (Object.keys(result.statuses).some((status) => !status.startsWith('2'))) {
    throw new Error(`not every answer was good: ${JSON.stringify(result.statuses)}`);
  }
  return { ...result, perSecond: result.answered / result.seconds };
}

type RequestParts = { method?: string; token?: string | undefined; key?: boolean; body?: unknown };

/** An HTTP/1.1 request as text. */
export function httpText(path: string, { method = 'GET', token, key, body }: RequestParts = {}): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const length = Buffer.byteLength(text.replaceAll('{unique}', 'x'.repeat(16)));
  const headers = [
    'host: 127.0.0.1',
    token && `authorization: Bearer ${token}`,
    key && 'idempotency-key: {unique}',
    text && 'content-type: application/json',
    text && `content-length: ${length}`,
  ];
  return `${method} ${path} HTTP/1.1\r\n${headers.filter(Boolean).join('\r\n')}\r\n\r\n${text}`;
}
