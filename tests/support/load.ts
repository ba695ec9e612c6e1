import { Agent, type IncomingMessage, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Balancer } from './balancer.ts';

export type Answer = { status: number; body: unknown };
/** A request that had no answer, or one that says that it is the server's fault. */
export type Failure = { what: string; why: string; at: number; endpoint: string | undefined };

type Call = { method: string; path: string; body?: unknown; headers?: Record<string, string> };

const SECONDS = 30;

/**
 * Somebody who works with InfraHub over one connection, which is kept alive as browsers and proxies keep theirs. Asks
 * once only: what fails, fails, and is noted with the endpoint to which the balancer had taken the connection.
 */
export function createUser({ url, takenTo }: Pick<Balancer, 'url' | 'takenTo'>) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const failures: Failure[] = [];
  let answers = 0;

  async function ask({ method, path, body, headers = {} }: Call): Promise<Answer | undefined> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = {
      ...headers,
      ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    let clientPort = 0;
    const fail = (why: string) =>
      failures.push({ what: `${method} ${path}`, why, at: performance.now(), endpoint: takenTo(clientPort) });
    try {
      const signal = AbortSignal.timeout(SECONDS * 1_000);
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const request = send(`${url}${path}`, { method, headers: sent, agent, signal }, resolve);
        request.once('socket', (socket) => {
          const note = () => {
            clientPort = socket.localPort ?? 0;
          };
          if (socket.connecting) socket.once('connect', note);
          else note();
        });
        request.once('error', reject).end(text);
      });
      const answered = await textOf(answer);
      const status = answer.statusCode ?? 0;
      answers += 1;
      if (status >= 500) fail(`${status} ${answered.slice(0, 300)}`);
      return { status, body: jsonOf(answered) };
    } catch (error) {
      fail(String(error));
      return undefined;
    }
  }

  return { ask, failures, answers: () => answers, leave: (): void => agent.destroy() };
}

export type User = ReturnType<typeof createUser>;

/** Does this again and again, with a pause of up to `pauseMs` between, until told to end; rejects with what it throws. */
export function keepDoing(work: () => Promise<unknown>, pauseMs: number, ended: AbortSignal): Promise<void> {
  return (async () => {
    while (!ended.aborted) {
      await work();
      await sleep(Math.random() * pauseMs, undefined, { signal: ended }).catch(() => undefined);
    }
  })();
}

const token = z.object({ access_token: z.string() });

/** Signs in; undefined where that failed, which is noted. */
export async function signIn(user: User, person: { username: string; password: string }): Promise<string | undefined> {
  const answer = await user.ask({ method: 'POST', path: '/api/v1/auth/login', body: person });
  return answer?.status === 200 ? token.parse(answer.body).access_token : undefined;
}

async function textOf(stream: IncomingMessage): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += chunk;
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
