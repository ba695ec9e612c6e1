import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import type { AnyRouter } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Context, HttpEnv } from './context.ts';
import { HTTP_STATUS, InfraHubError, UnauthenticatedError } from './errors.ts';
import { type Log, logRefusal, withLogContext } from './log.ts';
import type { Metrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import type { Caller } from './policy.ts';
import { asRefusal, errorBody } from './refusal.ts';
import { restDoor } from './rest.ts';

const MAX_BODY_BYTES = 256 * 1024;
/** A token of somebody with 200 grants is 20 kB; Node's own limit is 16 KiB. */
const MAX_HEADER_BYTES = 32 * 1024;
const MAX_BATCH = 10;
const requestIdShape = z.uuidv4();

/** What the portal's renderer gets beside the request. */
export type PageContext = { nonce: string };
export type PageHandler = (request: Request, context: PageContext) => Promise<Response>;

/**
 * One thing that is looked at; `problem` says what is wrong and what to do. Where it `blocks`, this replica takes no
 * requests until it is gone; else it is only told, as it is the same on every replica.
 */
export type ReadinessCheck = { name: string; blocks: boolean; problem(): Promise<string | undefined> };

export type AppOptions = {
  router: AnyRouter;
  services: Context['services'];
  authenticate: (token: string, requestId: string) => Promise<Caller>;
  pages: PageHandler;
  /** Folder of the browser's files, relative to the working directory. */
  assets: string;
  readiness: ReadinessCheck[];
  metrics: Metrics;
  log: Log;
};

/** The whole HTTP surface: tRPC, REST, probes, metrics, the browser's files and the portal. */
export function createApp(options: AppOptions): Hono<HttpEnv> {
  const { router, metrics, log } = options;
  const app = new Hono<HttpEnv>();

  app.use(async (c, next) => {
    const sent = requestIdShape.safeParse(c.req.header('x-request-id'));
    const requestId = sent.success ? sent.data.toLowerCase() : randomUUID();
    const started = performance.now();
    c.set('requestId', requestId);
    c.set('context', contextFrom(options, c.req.raw, requestId, c.env?.incoming?.socket.remoteAddress ?? ''));
    await withLogContext({ request_id: requestId }, async () => {
      await next();
      c.header('X-Request-Id', requestId);
      setSecurityHeaders(c.res.headers);
      const ms = performance.now() - started;
      const door = doorOf(c.req.path);
      metrics.requests.inc({ door, status: c.res.status });
      metrics.seconds.observe({ door }, ms / 1000);
      const line = { method: c.req.method, path: c.req.path, status: c.res.status, ms: Math.round(ms) };
      if (door === 'probe' || door === 'asset') log.debug(line, 'request');
      else log.info(line, 'request');
    });
  });
  app.onError((error, c) => {
    const refusal = asRefusal(error);
    logRefusal(log, refusal);
    // The rest of the body is not read, so that nothing more can come on this connection.
    if (refusal.code === 'PAYLOAD_TOO_LARGE') c.header('Connection', 'close');
    return c.json(errorBody(refusal, c.get('requestId')), HTTP_STATUS[refusal.code]);
  });

  const tooLarge = () => {
    throw new InfraHubError('PAYLOAD_TOO_LARGE', `A body may have ${MAX_BODY_BYTES / 1024} KiB at most.`);
  };
  app.use('/api/*', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }));
  app.use('/api/*', async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', async (c) => {
    const checks = await Promise.all(
      options.readiness.map(async ({ name, blocks, problem }) => ({ name, blocks, found: await problem() })),
    );
    const ready = checks.every(({ blocks, found }) => !blocks || found === undefined);
    const report = Object.fromEntries(checks.map(({ name, found }) => [name, found ?? 'ok']));
    return c.json({ status: ready ? 'ready' : 'not ready', checks: report }, ready ? 200 : 503);
  });
  app.get('/metrics', async (c) =>
    c.text(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );

  app.all('/api/trpc/*', (c) => trpcDoor(router, c.req.raw, c.get('context'), log));
  const document = openApiDocument(router);
  app.get('/api/v1/openapi.json', (c) => c.json(document));
  app.route('/api/v1', restDoor(router, log));
  app.all('/api/*', () => {
    throw new InfraHubError('NOT_FOUND', 'There is nothing at this address.');
  });

  const forever = (_path: string, c: { header(name: string, value: string): void }) =>
    c.header('Cache-Control', 'public, max-age=31536000, immutable');
  app.use('/assets/*', serveStatic({ root: options.assets, precompressed: true, onFound: forever }));
  app.use('*', serveStatic({ root: options.assets }));
  app.all('*', async (c) => {
    const nonce = randomBytes(16).toString('base64');
    const page = await options.pages(c.req.raw, { nonce });
    const response = new Response(page.body, page);
    response.headers.set('Content-Security-Policy', contentSecurityPolicy(nonce));
    return response;
  });
  return app;
}

function contextFrom(
  { services, authenticate }: AppOptions,
  request: Request,
  requestId: string,
  peer: string,
): Context {
  // Verified anew each time, which is cheap: a subscription asks again whether its token still holds.
  const authentication = async () => {
    const token = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (!token) throw new UnauthenticatedError('UNAUTHENTICATED', 'Sign in first: this needs an access token.');
    return authenticate(token, requestId);
  };
  return {
    services,
    requestId,
    authentication,
    idempotencyKey: request.headers.get('idempotency-key') ?? undefined,
    remoteAddress: peer,
  };
}

async function trpcDoor(router: AnyRouter, req: Request, context: Context, log: Log): Promise<Response> {
  return fetchRequestHandler({
    endpoint: '/api/trpc',
    router,
    req,
    createContext: () => context,
    maxBatchSize: MAX_BATCH,
    onError: ({ error }) => logRefusal(log, asRefusal(error)),
    responseMeta: ({ errors }) =>
      errors.some((error) => error.code === 'SERVICE_UNAVAILABLE') ? { headers: { 'retry-after': '5' } } : {},
  });
}

function doorOf(path: string): 'trpc' | 'rest' | 'probe' | 'asset' | 'page' {
  if (path.startsWith('/api/trpc/')) return 'trpc';
  if (path.startsWith('/api/')) return 'rest';
  if (/^\/(healthz|readyz|metrics)$/.test(path)) return 'probe';
  return path.startsWith('/assets/') ? 'asset' : 'page';
}

const contentSecurityPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');

function setSecurityHeaders(headers: Headers): void {
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('Referrer-Policy', 'no-referrer');
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  headers.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
  headers.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  if (!headers.has('Content-Security-Policy')) {
    headers.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  }
}

/** How long requests in flight may take once the stop has begun. */
const STOP_GRACE_MS = 10_000;

/**
 * Starts listening; resolves with the port that was taken. `close` takes no new connection, lets requests in flight
 * finish, and cuts what is left after ten seconds.
 */
export function listen(
  app: Hono<HttpEnv>,
  host: string,
  port: number,
): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, getRequestListener(app.fetch));
    const close = async () => {
      const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
      const sweep = setInterval(() => server.closeIdleConnections(), 100);
      await new Promise<void>((done) => server.close(() => done()));
      clearTimeout(cut);
      clearInterval(sweep);
    };
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (typeof address === 'object' && address) resolve({ port: address.port, close });
    });
  });
}
