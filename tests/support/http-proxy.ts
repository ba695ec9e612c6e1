import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { z } from 'zod';
import type { Checkpoints } from './checkpoints.ts';

export type Arrival = { method: string; url: URL };
export type Answer = { status: number; body: Buffer };

type Options = {
  /** Whose requests these are. */
  replica: string;
  upstream: string;
  checkpoints: Checkpoints;
  /** The points that a request passes when it arrives, and its answer when it is about to be sent. */
  arriving(arrival: Arrival): string[];
  answered(arrival: Arrival, answer: Answer): string[];
};

const bound = z.object({ port: z.number() });

/** Stands before an HTTP server on loopback and passes everything on, by the checkpoints. */
export async function startHttpProxy({ replica, upstream, checkpoints, arriving, answered }: Options) {
  let isUp = true;
  const server = createServer((request, response) => {
    if (!isUp) return void request.socket.destroy();
    passOn(request, response).catch(() => response.destroy());
  });

  async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await collect(request);
    const arrival = { method: request.method ?? 'GET', url: new URL(request.url ?? '/', upstream) };
    if (await isCut(arriving(arrival))) return void response.destroy();
    const answer = await forward(request, arrival, body);
    if (await isCut(answered(arrival, answer))) return void response.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  const isCut = async (points: string[]): Promise<boolean> =>
    points.length > 0 && (await checkpoints.pass(replica, ...points)) === 'is cut';

  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(bound.parse(server.address()).port));
  });
  const { pathname } = new URL(upstream);
  return {
    /** To be used instead of `upstream`. */
    url: `http://127.0.0.1:${port}${pathname === '/' ? '' : pathname}`,
    /** Whether anybody can get through; while not, connections break as soon as something is asked. */
    setUp(up: boolean): void {
      isUp = up;
      if (!up) server.closeAllConnections();
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(
  { headers: { 'transfer-encoding': _, ...headers } }: IncomingMessage,
  { method, url }: Arrival,
  body: Buffer,
) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(url, { method, headers: { ...headers, host: url.host, 'content-length': body.length }, agent: false }, resolve)
      .once('error', reject)
      .end(body);
  });
  const { 'transfer-encoding': __, ...answerHeaders } = answer.headers;
  return { status: answer.statusCode ?? 502, headers: answerHeaders, body: await collect(answer) };
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(z.instanceof(Buffer).parse(chunk));
  return Buffer.concat(chunks);
}
