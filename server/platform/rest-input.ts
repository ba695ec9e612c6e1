import { z } from 'zod';
import { ValidationError } from './errors.ts';
import { readJsonBody } from './json.ts';
import type { RestProcedure } from './procedures.ts';
import { validationErrorFrom } from './refusal.ts';

const nothing = z.strictObject({});

type Path = Record<string, string>;
type Reader = (request: Request, path: Path) => Promise<unknown>;

/**
 * How a procedure's input is put together: what the address names, beside the query string (GET) or the JSON body (the
 * other methods). What does not belong is refused rather than dropped; what is missing or wrong is the schema's to say.
 */
export function inputReader({ meta, input }: RestProcedure): Reader {
  const types = input ? queryTypes(input) : {};
  return async (request, path) => {
    const { searchParams } = new URL(request.url);
    const sent = meta.openapi.method === 'GET' ? queryOf(searchParams, types) : await bodyOf(request);
    if (meta.openapi.method !== 'GET') refuseAny(searchParams.keys(), 'This takes no query parameters');
    if (!input) {
      const found = nothing.safeParse(sent);
      if (!found.success) throw validationErrorFrom(found.error);
      return undefined;
    }
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
    refuseAny(
      Object.keys(path).filter((name) => Object.hasOwn(sent, name)),
      'The address says this already',
    );
    return { ...sent, ...path };
  };
}

function refuseAny(names: Iterable<string>, message: string): void {
  const issues = [...names].map((path) => ({ path, message }));
  if (issues.length > 0) throw new ValidationError(issues);
}

/** JSON's type of each field, as far as a query string has to be told: it holds only text. */
function queryTypes(input: z.ZodObject): Record<string, unknown> {
  const { properties = {} } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, typeof schema === 'object' && schema.type]),
  );
}

function queryOf(query: URLSearchParams, types: Record<string, unknown>): Record<string, unknown> {
  const names = [...new Set(query.keys())];
  refuseAny(
    names.filter((name) => query.getAll(name).length > 1),
    'Give it once',
  );
  return Object.fromEntries(names.map((name) => [name, read(query.get(name) ?? '', types[name])]));
}

function read(text: string, type: unknown): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if ((type === 'integer' || type === 'number') && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text);
  return text;
}

async function bodyOf(request: Request): Promise<unknown> {
  const { bytes, value } = await readJsonBody(request);
  return bytes.byteLength === 0 ? {} : value;
}
