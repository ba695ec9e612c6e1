import type { AnyRouter, ProcedureType } from '@trpc/server';
import { resolveResponse } from '@trpc/server/http';
import { Hono } from 'hono';
import type { HttpEnv } from './context.ts';
import { HTTP_STATUS, InfraHubError } from './errors.ts';
import { readJsonBody } from './json.ts';
import { type Log, logRefusal } from './log.ts';
import { asRefusal, retryAfter } from './refusal.ts';

/** Where the tRPC door is. */
export const TRPC_ROOT = '/api/trpc';

const MAX_BATCH = 10;

/**
 * The tRPC door. Bodies are read as at the REST door, before tRPC sees them: it would take forms and streams as well.
 * tRPC's own adapter for `fetch` would copy the options of each request three times before it did this.
 */
export function trpcDoor(router: AnyRouter, log: Log): Hono<HttpEnv> {
  const door = new Hono<HttpEnv>();
  door.on(['GET', 'POST'], '/*', async (c) => {
    const sent = c.req.raw;
    return resolveResponse({
      router,
      req: c.req.method === 'POST' ? await withJsonBody(sent) : sent,
      path: c.req.path.slice(TRPC_ROOT.length + 1),
      error: null,
      createContext: async () => c.get('context'),
      maxBatchSize: MAX_BATCH,
      onError: ({ error }) => logRefusal(log, asRefusal(error)),
      responseMeta: ({ errors, type }) => ({ headers: headersOf(errors.map(asRefusal), type) }),
    });
  });
  door.all('/*', (c) => {
    c.header('Allow', 'GET, HEAD, POST');
    throw new InfraHubError('METHOD_NOT_ALLOWED', 'Queries and subscriptions are a GET, mutations a POST.');
  });
  return door;
}

async function withJsonBody(sent: Request): Promise<Request> {
  const { bytes } = await readJsonBody(sent);
  const headers = new Headers(sent.headers);
  headers.set('content-type', 'application/json');
  return new Request(sent.url, { method: sent.method, headers, signal: sent.signal, body: bytes });
}

/** What the refusals of one answer, or of a batch, say beside their bodies. */
function headersOf(refusals: InfraHubError[], type: ProcedureType | 'unknown'): Record<string, string> {
  const any = (status: number) => refusals.some(({ code }) => HTTP_STATUS[code] === status);
  const wait = Math.max(0, ...refusals.map((refusal) => Number(retryAfter(refusal) ?? 0)));
  return {
    // What tRPC refuses before it calls anything, such as too large a batch, it would name plain text.
    ...(refusals.length > 0 && { 'Content-Type': 'application/json' }),
    ...(wait > 0 && { 'Retry-After': String(wait) }),
    ...(any(401) && { 'WWW-Authenticate': 'Bearer' }),
    ...(any(405) && { Allow: type === 'mutation' ? 'POST' : 'GET, HEAD' }),
  };
}
