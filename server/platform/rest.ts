import { type AnyRouter, callTRPCProcedure, type ProcedureType } from '@trpc/server';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { HttpEnv } from './context.ts';
import { csvOf } from './csv.ts';
import { HTTP_STATUS, InfraHubError } from './errors.ts';
import { type Log, logRefusal } from './log.ts';
import { asRefusal, errorBody } from './refusal.ts';
import type { Meta } from './trpc.ts';

/** What the door knows of a procedure. */
export type RestProcedure = {
  path: string;
  type: ProcedureType;
  meta: Meta & { openapi: NonNullable<Meta['openapi']> };
  input: z.ZodObject | undefined;
  output: z.ZodType | undefined;
};

type Definition = { type: ProcedureType; meta?: Meta; inputs: unknown[]; output?: unknown };

/** Every procedure that has a REST address. */
export function restProcedures(router: AnyRouter): RestProcedure[] {
  const procedures: Record<string, { _def: Definition }> = router._def.procedures;
  return Object.entries(procedures).flatMap(([path, { _def }]) => {
    if (!_def.meta?.openapi) return [];
    const input = _def.inputs[0];
    return {
      path,
      type: _def.type,
      meta: { ..._def.meta, openapi: _def.meta.openapi },
      input: input instanceof z.ZodObject ? input : undefined,
      output: _def.output instanceof z.ZodType ? _def.output : undefined,
    };
  });
}

/**
 * The REST door: each procedure at the address in its metadata, through the same validation, policy and services as
 * tRPC. Ours rather than trpc-to-openapi's handler, which makes schemas coerce in place (docs/decisions/003).
 */
export function restDoor(router: AnyRouter, log: Log): Hono<HttpEnv> {
  const door = new Hono<HttpEnv>();
  // Literal paths before parameters: /servers/facets is not a server's id.
  const ordered = restProcedures(router).sort((a, b) => parameters(a) - parameters(b));
  for (const procedure of ordered) {
    const { method, path } = procedure.meta.openapi;
    door.on(method, path.replace(/\{(\w+)\}/g, ':$1'), async (c) => {
      const input = await readInput(procedure, c.req.raw, c.req.param());
      const output = await callTRPCProcedure({
        router,
        path: procedure.path,
        type: procedure.type,
        ctx: c.get('context'),
        getRawInput: async () => input,
        signal: c.req.raw.signal,
        batchIndex: 0,
      });
      return respond(procedure, c.req.raw, output);
    });
  }
  door.all('*', (c) => {
    const methods = ordered.filter((p) => matches(p.meta.openapi.path, c.req.path)).map((p) => p.meta.openapi.method);
    if (methods.length === 0) throw new InfraHubError('NOT_FOUND', 'There is nothing at this address.');
    c.header('Allow', methods.join(', '));
    throw new InfraHubError('METHOD_NOT_ALLOWED', `This address answers to ${methods.join(', ')}.`);
  });
  door.onError((error, c) => {
    const refusal = asRefusal(error);
    logRefusal(log, refusal);
    if (HTTP_STATUS[refusal.code] === 503) c.header('Retry-After', '5');
    return c.json(errorBody(refusal, c.get('requestId')), HTTP_STATUS[refusal.code]);
  });
  return door;
}

const parameters = (procedure: RestProcedure): number => procedure.meta.openapi.path.split('{').length;

function matches(template: string, path: string): boolean {
  const want = template.split('/');
  const have = path.replace(/^\/api\/v1/, '').split('/');
  return want.length === have.length && want.every((part, i) => part.startsWith('{') || part === have[i]);
}

async function readInput(
  { meta, input }: RestProcedure,
  request: Request,
  path: Record<string, string>,
): Promise<unknown> {
  if (!input) return undefined;
  const sent =
    meta.openapi.method === 'GET' ? readQuery(input, new URL(request.url)) : await readBody(request, input, path);
  return typeof sent === 'object' && sent !== null && !Array.isArray(sent) ? { ...sent, ...path } : sent;
}

async function readBody(request: Request, input: z.ZodObject, path: Record<string, string>): Promise<unknown> {
  const text = await request.text();
  const onlyPath = Object.keys(input.shape).every(
    (key) => key in path || input.shape[key]?.safeParse(undefined).success,
  );
  if (text === '' && onlyPath) return {};
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new InfraHubError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new InfraHubError('VALIDATION_FAILED', 'The body is not valid JSON.');
  }
}

/** A query string holds only text: numbers and booleans are read as what the schema asks for, and nothing else is. */
function readQuery(input: z.ZodObject, url: URL): Record<string, unknown> {
  const read = (key: string, text: string): unknown => {
    const schema = input.shape[key];
    if (accepts(schema, true) && (text === 'true' || text === 'false')) return text === 'true';
    if (accepts(schema, 1) && /^-?\d{1,15}$/.test(text)) return Number(text);
    return text;
  };
  return Object.fromEntries([...url.searchParams].map(([key, text]) => [key, read(key, text)]));
}

const accepts = (schema: z.core.$ZodType | undefined, sample: unknown): boolean =>
  schema !== undefined && z.safeParse(schema, sample).success;

/** What can be told as CSV; a list that goes on names its next cursor in a header, as CSV has no place for it. */
const csvPage = z.object({
  items: z.array(z.record(z.string(), z.unknown())),
  next_cursor: z.string().nullish(),
});

function respond(procedure: RestProcedure, request: Request, output: unknown): Response {
  if (output === undefined) return new Response(null, { status: 204 });
  if (request.headers.get('accept')?.includes('text/csv')) {
    const page = csvPage.safeParse(output);
    if (page.success) {
      const headers = new Headers({ 'content-type': 'text/csv; charset=utf-8' });
      if (page.data.next_cursor) headers.set('x-next-cursor', page.data.next_cursor);
      return new Response(csvOf(page.data.items), { headers });
    }
  }
  const status: ContentfulStatusCode = procedure.meta.creates ? 201 : 200;
  const headers = procedure.meta.creates ? { location: locationOf(procedure, output) } : undefined;
  return Response.json(output, { status, ...(headers && { headers }) });
}

const created = z.object({ id: z.string() });
const locationOf = ({ meta }: RestProcedure, output: unknown): string =>
  `/api/v1${meta.openapi.path}/${created.parse(output).id}`;
