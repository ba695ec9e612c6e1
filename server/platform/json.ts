import { InfraHubError } from './errors.ts';

/** Nothing that InfraHub takes is nested half as deep. */
const MAX_DEPTH = 32;
/** What opens and closes, and strings, in text that is known to be JSON; a string with a colon after it is a name. */
const TOKEN = /"(?:[^"\\]+|\\.)*"(\s*:)?|[{}[\]]/g;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Takes the body of a request as JSON, or as nothing: `value` is then undefined.
 * @throws InfraHubError `UNSUPPORTED_MEDIA_TYPE`, and what `parseJson` throws.
 */
export async function readJsonBody(request: Request): Promise<{ bytes: ArrayBuffer; value: unknown }> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return { bytes, value: undefined };
  const type = request.headers.get('content-type') ?? '';
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (!/^application\/json *(; *charset="?utf-8"?)?$/i.test(type) || encoding !== 'identity') {
    throw new InfraHubError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json in UTF-8, not compressed.');
  }
  return { bytes, value: parseJson(bytes) };
}

/**
 * Reads a body as JSON, more strictly than `JSON.parse`: of two values under one name readers pick different ones, so
 * neither is taken.
 * @throws InfraHubError `VALIDATION_FAILED` for what is no JSON or no UTF-8, nested too deep, or names a key twice.
 */
function parseJson(body: ArrayBuffer): unknown {
  const [text, value] = parsed(body);
  const open: Set<unknown>[] = [];
  for (const [token, colon] of text.matchAll(TOKEN)) {
    if (token === '}' || token === ']') open.pop();
    else if (token === '{' || token === '[') {
      if (open.push(new Set()) > MAX_DEPTH) throw refusal('is nested too deep');
    } else if (colon) remember(open.at(-1), token.slice(0, -colon.length));
  }
  return value;
}

function parsed(body: ArrayBuffer): [string, unknown] {
  try {
    const text = utf8.decode(body);
    return [text, JSON.parse(text)];
  } catch {
    throw refusal('is not valid JSON');
  }
}

function remember(names: Set<unknown> | undefined, token: string): void {
  const name: unknown = JSON.parse(token);
  if (names?.has(name)) throw refusal('names a key twice');
  names?.add(name);
}

const refusal = (what: string) => new InfraHubError('VALIDATION_FAILED', `The body ${what}.`);
