import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import type { HttpEnv } from './context.ts';
import { HTTP_STATUS, InfraHubError } from './errors.ts';
import { asRefusal, errorBody } from './refusal.ts';

/** How long requests in flight may take once the stop has begun. */
const STOP_GRACE_MS = 10_000;
/** More sockets than this replica could ever serve; the balancer takes the others elsewhere. */
const MAX_CONNECTIONS = 5_000;
/** A socket over which nothing goes for longer than the longest request takes (a sync: 5 minutes) is dead. */
const SILENCE_MS = 360_000;

/** What one client may keep busy, in milliseconds and bytes, so that slow ones cannot use up the sockets. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** Longer than balancers keep an idle connection (60 s), so that it is them who close it. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
  /** A token of somebody with 200 grants is 20 kB; Node's own limit is 16 KiB. */
  maxHeaderSize: 32 * 1024,
  /** Node would answer for itself, in another shape. */
  requireHostHeader: false,
};

export type Listening = {
  /** The port that was taken. */
  port: number;
  /**
   * Serves on for so long, but gives every connection up with its next answer, so that clients open another, which the
   * balancer takes elsewhere. Without this, a request on its way over an idle connection would meet its end.
   */
  drain(ms: number): Promise<void>;
  /** Takes no new connection, lets requests in flight finish, and cuts what is left after ten seconds. */
  close(): Promise<void>;
};

/** Starts listening. */
export function listen(app: Hono<HttpEnv>, host: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createServer(LIMITS);
    server.maxConnections = MAX_CONNECTIONS;
    server.setTimeout(SILENCE_MS);
    const exchanges = new WeakMap<Socket, Exchange[]>();
    let isDraining = false;
    server.on('request', (request, answer) => {
      const { socket } = request;
      const others = () => (exchanges.get(socket) ?? []).filter((one) => one.answer !== answer);
      exchanges.set(socket, [...others(), { request, answer }]);
      answer.once('close', () => exchanges.set(socket, others()));
      if (isDraining) answer.setHeader('Connection', 'close');
    });
    // What we do not know we need not meet; Node would answer for itself, in another shape.
    server.on('checkExpectation', (request, answer) => server.emit('request', request, answer));
    const serve = getRequestListener(app.fetch, { errorHandler: answerFailure, hostname: NO_HOST });
    server.on('request', (request, answer) => (namesItsHost(request) ? serve(request, answer) : refuseHosts(answer)));
    const drain = async (ms: number) => {
      isDraining = true;
      await sleep(ms);
    };
    server.on('clientError', (error, socket: Socket) => {
      if (isOurTurn(exchanges.get(socket) ?? [])) answerBrokenRequest(error, socket);
      else socket.destroy();
    });
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (typeof address === 'object' && address) resolve({ port: address.port, drain, close: () => close(server) });
    });
  });
}

type Exchange = { request: IncomingMessage; answer: ServerResponse };

/** Whether what is written now answers what is broken: no other request, or none whole, waits for its answer before it. */
const isOurTurn = ([first, second]: Exchange[]): boolean =>
  first === undefined || (second === undefined && !first.request.complete && !first.answer.headersSent);

async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  const sweep = setInterval(() => server.closeIdleConnections(), 100);
  await new Promise<void>((done) => server.close(() => done()));
  clearTimeout(cut);
  clearInterval(sweep);
}

/** Refusals of what is no request that the app could be asked. */
const BROKEN: Record<string, InfraHubError> = {
  ERR_HTTP_REQUEST_TIMEOUT: new InfraHubError('REQUEST_TIMEOUT', 'The request took too long to arrive.'),
  HPE_HEADER_OVERFLOW: new InfraHubError('PAYLOAD_TOO_LARGE', 'The headers are too large.'),
};
const NO_HTTP = new InfraHubError('VALIDATION_FAILED', 'This is no HTTP request.');

function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const refusal = BROKEN[error.code ?? ''] ?? NO_HTTP;
  const status = HTTP_STATUS[refusal.code];
  const requestId = randomUUID();
  const body = JSON.stringify(errorBody(refusal, requestId));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** For those who name none, as HTTP/1.0 does not. */
const NO_HOST = 'localhost';

/** Of two, Node would take the first; a proxy may have taken the other (RFC 9112, 3.2). */
function namesItsHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

function refuseHosts(answer: ServerResponse): void {
  const requestId = randomUUID();
  const body = JSON.stringify(errorBody(NO_HTTP, requestId));
  answer.writeHead(HTTP_STATUS[NO_HTTP.code], { ...headersOf(requestId), 'Content-Length': Buffer.byteLength(body) });
  answer.end(body);
}

const headersOf = (requestId: string) => ({
  'Content-Type': 'application/json',
  'X-Request-Id': requestId,
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
});

/** What fails before or outside of the app, such as a Host that is none. */
function answerFailure(error: unknown): Response {
  const refusal = error instanceof RequestError ? NO_HTTP : asRefusal(error);
  const requestId = randomUUID();
  return Response.json(errorBody(refusal, requestId), {
    status: HTTP_STATUS[refusal.code],
    headers: headersOf(requestId),
  });
}
