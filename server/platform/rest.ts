import { type AnyRouter, callTRPCProcedure } from '@trpc/server';
import { Hono } from 'hono';
import type { HttpEnv } from './context.ts';
import { InfraHubError, ValidationError } from './errors.ts';
import { pathParameters, type RestProcedure, restProcedures } from './procedures.ts';
import { answerOf, REST_ROOT } from './rest-answer.ts';
import { inputReader } from './rest-input.ts';

/**
 * The REST door: each procedure at the address in its metadata, through the same validation, policy and services as
 * tRPC. Ours rather than trpc-to-openapi's handler, which makes schemas coerce in place (docs/decisions/003).
 */
export function restDoor(router: AnyRouter): Hono<HttpEnv> {
  const door = new Hono<HttpEnv>();
  door.use(async (c, next) => {
    if (!isDecodable(c.req.url)) {
      throw new ValidationError([], 'The address is not percent-encoded UTF-8.');
    }
    await next();
  });
  // Literal paths before parameters: /servers/facets is not a server's id.
  const procedures = restProcedures(router).sort((a, b) => parametersIn(a) - parametersIn(b));
  for (const procedure of procedures) {
    const { method, path } = procedure.meta.openapi;
    const [inputOf, answer] = [inputReader(procedure), answerOf(procedure)];
    door.on(method, path.replace(/\{(\w+)\}/g, ':$1'), async (c) => {
      const input = await inputOf(c.req.raw, c.req.param());
      const output = await callTRPCProcedure({
        router,
        path: procedure.path,
        type: procedure.type,
        ctx: c.get('context'),
        getRawInput: async () => input,
        signal: c.req.raw.signal,
        batchIndex: 0,
      });
      return answer(c, output);
    });
  }
  door.all('*', (c) => {
    const methods = methodsAt(procedures, c.req.path.slice(REST_ROOT.length));
    if (methods.length === 0) throw new InfraHubError('NOT_FOUND', 'There is nothing at this address.');
    c.header('Allow', methods.join(', '));
    if (c.req.method === 'OPTIONS') return c.body(null, 204);
    throw new InfraHubError('METHOD_NOT_ALLOWED', `This address answers to ${methods.join(', ')}.`);
  });
  return door;
}

const parametersIn = ({ meta }: RestProcedure): number => pathParameters(meta.openapi.path).length;

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

/** The methods that an address answers to; HEAD is what GET would say, without its body. */
function methodsAt(procedures: RestProcedure[], path: string): string[] {
  const here = procedures.filter(({ meta }) => matches(meta.openapi.path, path)).map(({ meta }) => meta.openapi.method);
  if (here.length === 0) return [];
  return [...new Set([...here.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method)), 'OPTIONS'])];
}

function matches(template: string, path: string): boolean {
  const [want, have] = [template.split('/'), path.split('/')];
  return want.length === have.length && want.every((part, i) => part === have[i] || (part.startsWith('{') && have[i]));
}
