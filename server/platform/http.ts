import { randomBytes, randomUUID } from 'node:crypto';
import { serveStatic } from '@hono/node-server/serve-static';
import type { AnyRouter } from '@trpc/server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { z } from 'zod';
import type { Context, HttpEnv } from './context.ts';
import { docsPage } from './docs.ts';
import { HTTP_STATUS, InfraHubError, UnauthenticatedError } from './errors.ts';
import { contentSecurityPolicy, setSecurityHeaders } from './headers.ts';
import { type Log, logRefusal, withLogContext } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Door } from './metrics-requests.ts';
import { openApiDocument } from './openapi.ts';
import type { Caller } from './policy.ts';
import { addressMatcher, remoteAddressOf } from './proxy.ts';
import { type ReadinessCheck, readinessApp } from './readiness.ts';
import { asRefusal, errorBody, retryAfter, trpcErrorOf } from './refusal.ts';
import { createRequestWatch } from './request-watch.ts';
import { restDoor } from './rest.ts';
import { REST_ROOT } from './rest-answer.ts';
import { scrapeApp } from './scrape.ts';
import { TRPC_ROOT, trpcDoor } from './trpc-door.ts';

const MAX_BODY_BYTES = 256 * 1024;
const requestIdShape = z.uuidv4();

/** What the portal's renderer gets beside the request. */
export type PageContext = { nonce: string };
export type PageHandler = (request: Request, context: PageContext) => Promise<Response>;

export type AppOptions = {
  router: AnyRouter;
  services: Context['services'];
  authenticate: (token: string, requestId: string) => Promise<Caller>;
  pages: PageHandler;
  /** Folder of the browser's files, relative to the working directory. */
  assets: string;
  readiness: ReadinessCheck[];
  /** Origins of other web applications whose pages may call the API. */
  corsOrigins: string[];
  /** Addresses and CIDRs of the proxies in front, whose `X-Forwarded-For` is believed. */
  trustedProxies: string[];
  metrics: Metrics;
  /** Whether `/metrics` and the reasons of `/readyz` are here, with everything else; else they have a port of their own. */
  scrapedHere: boolean;
  log: Log;
};

/** The whole HTTP surface: tRPC, REST, probes, metrics, the browser's files and the portal. */
export function createApp(options: AppOptions): Hono<HttpEnv> {
  const { router, metrics, log } = options;
  const isProxy = addressMatcher(options.trustedProxies);
  const app = new Hono<HttpEnv>();
  const watch = createRequestWatch(metrics.requests, log);

  app.use(async (c, next) => {
    const requestId = requestIdOf(c.req.header('x-request-id'));
    c.set('requestId', requestId);
    const peer = c.env?.incoming?.socket.remoteAddress ?? '';
    const remoteAddress = remoteAddressOf(peer, c.req.header('x-forwarded-for'), isProxy);
    const { method, path } = c.req;
    const request = { method, path, door: doorOf(path), requestId, traceparent: c.req.header('traceparent') };
    await withLogContext({ request_id: requestId }, () =>
      watch(request, async (onCall) => {
        c.set('context', contextFrom(options, c.req.raw, { requestId, remoteAddress, onCall }));
        await next();
        // Not `c.header`, which would make a new answer around a stream of this one's body.
        c.res.headers.set('X-Request-Id', requestId);
        setSecurityHeaders(c.res.headers);
        return { status: c.res.status, code: c.get('refusal') };
      }),
    );
  });
  app.onError((error, c) => {
    const refusal = asRefusal(error);
    logRefusal(log, refusal);
    c.set('refusal', refusal.code);
    // The rest of the body is not read, so that nothing more can come on this connection.
    if (refusal.code === 'PAYLOAD_TOO_LARGE') c.header('Connection', 'close');
    if (HTTP_STATUS[refusal.code] === 401) c.header('WWW-Authenticate', 'Bearer');
    const wait = retryAfter(refusal);
    if (wait !== undefined) c.header('Retry-After', wait);
    const requestId = c.get('requestId');
    const isTrpc = doorOf(c.req.path) === 'trpc';
    const body = isTrpc ? { error: trpcErrorOf(refusal, requestId) } : errorBody(refusal, requestId);
    return c.json(body, HTTP_STATUS[refusal.code]);
  });

  app.use('/api/*', async (c, next) => {
    await next();
    c.res.headers.set('Cache-Control', 'no-store');
  });
  if (options.corsOrigins.length > 0) {
    const cross = crossOrigin(options.corsOrigins);
    app.use('/api/*', (c, next) => (c.req.header('origin') ? cross(c, next) : next()));
  }
  const tooLarge = () => {
    throw new InfraHubError('PAYLOAD_TOO_LARGE', `A body may have ${MAX_BODY_BYTES / 1024} KiB at most.`);
  };
  const limited = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  // It asks for the body, which costs a whole request of Node's; a GET has none.
  app.use('/api/*', (c, next) => (c.req.raw.method === 'GET' ? next() : limited(c, next)));

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.route('/', readinessApp(options.readiness, { tellsReasons: options.scrapedHere }));
  if (options.scrapedHere) app.route('/', scrapeApp(metrics));
  app.on('ALL', ['/healthz', '/readyz', '/metrics'], (c, next) => {
    if (c.req.method === 'GET') return next();
    c.header('Allow', 'GET, HEAD');
    throw new InfraHubError('METHOD_NOT_ALLOWED', 'This address answers to GET and HEAD.');
  });

  app.route(TRPC_ROOT, trpcDoor(router, log));
  const document = openApiDocument(router);
  app.get(`${REST_ROOT}/openapi.json`, (c) => c.json(document));
  app.route(REST_ROOT, restDoor(router));
  app.all('/api/*', () => {
    throw new InfraHubError('NOT_FOUND', 'There is nothing at this address.');
  });

  app.route('/docs', docsPage());

  const forever = (_path: string, c: { header(name: string, value: string): void }) =>
    c.header('Cache-Control', 'public, max-age=31536000, immutable');
  app.use('/assets/*', serveStatic({ root: options.assets, precompressed: true, onFound: forever }));
  app.use('*', serveStatic({ root: options.assets }));
  app.all('*', async (c) => {
    const nonce = randomBytes(16).toString('base64');
    const page = await options.pages(c.req.raw, { nonce });
    page.headers.set('Content-Security-Policy', contentSecurityPolicy(nonce));
    // A nonce that is kept is none.
    page.headers.set('Cache-Control', 'no-store');
    return page;
  });
  return app;
}

/** What was sent, if it is one, else a new one. */
function requestIdOf(sent: string | undefined): string {
  const known = sent === undefined ? undefined : requestIdShape.safeParse(sent).data;
  return known?.toLowerCase() ?? randomUUID();
}

function contextFrom(
  { services, authenticate }: AppOptions,
  request: Request,
  told: Pick<Context, 'requestId' | 'remoteAddress' | 'onCall'>,
): Context {
  // Verified anew each time, which is cheap: a subscription asks again whether its token still holds.
  const authentication = async () => {
    const token = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (!token) throw new UnauthenticatedError('UNAUTHENTICATED', 'Sign in first: this needs an access token.');
    return authenticate(token, told.requestId);
  };
  return {
    services,
    authentication,
    idempotencyKey: request.headers.get('idempotency-key') ?? undefined,
    ...told,
  };
}

const crossOrigin = (origin: string[]) =>
  cors({
    origin,
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id', 'Last-Event-ID'],
    exposeHeaders: ['Link', 'Location', 'Retry-After', 'X-Next-Cursor', 'X-Request-Id'],
    maxAge: 600,
  });

function doorOf(path: string): Door {
  if (path.startsWith(`${TRPC_ROOT}/`)) return 'trpc';
  if (path.startsWith('/api/')) return 'rest';
  if (/^\/(healthz|readyz|metrics)$/.test(path)) return 'probe';
  return /^\/(assets|docs)\//.test(path) ? 'asset' : 'page';
}
