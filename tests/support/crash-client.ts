import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

type Options = { urls(): string[]; username: string; password: string };

export type Reply = { status: number; body: unknown };

const token = z.object({ access_token: z.string() });
const project = z.object({
  id: z.string(),
  namespace_name: z.string(),
  status: z.string(),
  status_reason: z.string().nullable(),
});
const LIMIT_MS = 90_000;

/** A person who uses InfraHub over REST, and insists: with the same idempotency key, at whichever replica is up. */
export function createClient({ urls, username, password }: Options) {
  let bearer: Promise<string> | undefined;

  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const [url] = urls();
    if (!url) throw new Error('no replica is up');
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { ...headers, connection: 'close', ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    return { status: response.status, body: JSON.parse((await response.text()) || 'null') };
  }

  /** Tries until there is an answer that is no "not now". */
  async function insist(ask: () => Promise<Reply>): Promise<Reply> {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const reply = await ask().catch((error: unknown) => ({ status: 0, body: String(error) }));
      if (reply.status > 0 && reply.status !== 429 && reply.status < 500) return reply;
      if (performance.now() > deadline) throw new Error(`no answer in ${LIMIT_MS} ms, last: ${JSON.stringify(reply)}`);
      await sleep(100);
    }
  }

  const signIn = (): Promise<string> =>
    (bearer ??= insist(() => send('POST', '/auth/login', { username, password })).then(
      (reply) => token.parse(reply.body).access_token,
    ));

  const call = async (method: string, path: string, body?: unknown, key: string = randomUUID()): Promise<Reply> =>
    send(method, path, body, { authorization: `Bearer ${await signIn()}`, 'idempotency-key': key });

  return {
    signIn,
    /** Asks once. Rejects when there is no answer. */
    call,
    /** Creates or changes a project for certain: asks until it is answered, and it is done once however often it is asked. */
    async change(path: string, body: unknown = {}): Promise<z.infer<typeof project>> {
      const key = randomUUID();
      await signIn();
      const reply = await insist(() => call('POST', path, body, key));
      if (reply.status > 201) throw new Error(`POST ${path} was answered ${JSON.stringify(reply)}`);
      return project.parse(reply.body);
    },
    get: async (id: string) => project.parse((await insist(() => call('GET', `/projects/${id}`))).body),
  };
}
