import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { z } from 'zod';

type Json = Record<string, unknown>;

const json = z.record(z.string(), z.unknown());
const document = z
  .object({
    paths: z.record(
      z.string(),
      z.record(z.string(), z.object({ parameters: z.array(json).default([]), responses: json })),
    ),
    definitions: z.record(z.string(), json),
  })
  .parse(JSON.parse(readFileSync(new URL('../data/argocd-openapi.json', import.meta.url), 'utf8')));

/** Definitions that others extend (`allOf`), which must stay open to the fields of those. */
const extended = new Set(
  Object.values(document.definitions).flatMap((definition) =>
    z
      .array(z.object({ $ref: z.string() }))
      .parse(definition.allOf ?? [])
      .map(({ $ref }) => $ref.replace('#/definitions/', '')),
  ),
);

/** Swagger lets every object have more fields; here an invented one is a mistake, in requests and answers alike. */
function closed(name: string, definition: Json): Json {
  const isOpen = !('properties' in definition) || 'additionalProperties' in definition || 'allOf' in definition;
  return isOpen || extended.has(name) ? definition : { ...definition, additionalProperties: false };
}

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
addFormats.default(ajv);
ajv.addSchema({
  $id: 'argocd',
  definitions: Object.fromEntries(
    Object.entries(document.definitions).map(([name, body]) => [name, closed(name, body)]),
  ),
});

function problemsOf(schema: unknown, value: unknown): string[] {
  const { $ref } = z.object({ $ref: z.string() }).parse(schema);
  const check = ajv.compile({ $ref: `argocd${$ref}` });
  return check(value)
    ? []
    : (check.errors ?? []).map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

function findOperation(method: string, path: string) {
  const wanted = path.split('/');
  for (const [template, operations] of Object.entries(document.paths)) {
    const parts = template.split('/');
    const fits = parts.length === wanted.length && parts.every((part, i) => part.startsWith('{') || part === wanted[i]);
    const operation = operations[method.toLowerCase()];
    if (fits && operation) return operation;
  }
  return undefined;
}

export type Exchange = {
  request: { method: string; path: string; headers: Record<string, unknown>; body: string };
  response: { status: number; body: string };
};

/** What about one exchange contradicts Argo CD's published API; empty when nothing does. */
export function contradictions({ request, response }: Exchange): string[] {
  const url = new URL(request.path, 'http://argocd');
  const operation = findOperation(request.method, url.pathname);
  if (!operation) return [`${request.method} ${url.pathname} is no published call`];
  const query = operation.parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name);
  const strangers = [...url.searchParams.keys()].filter((name) => !query.includes(name));
  const body = operation.parameters.find((parameter) => parameter.in === 'body');
  const answer = z
    .object({ schema: z.unknown() })
    .parse(operation.responses[response.status] ?? operation.responses.default);
  return [
    ...strangers.map((name) => `query ${name} is not published`),
    ...(body ? problemsOf(body.schema, JSON.parse(request.body)).map((problem) => `request: ${problem}`) : []),
    ...problemsOf(answer.schema, JSON.parse(response.body)).map((problem) => `answer: ${problem}`),
  ];
}

/** A proxy before an Argo CD that keeps every exchange. */
export async function recordExchanges(target: string) {
  const exchanges: Exchange[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = Buffer.concat(chunks).toString();
    const answer = await fetch(`${target}${path}`, {
      method,
      headers: { authorization: headers.authorization ?? '', 'content-type': headers['content-type'] ?? '' },
      ...(method !== 'GET' && { body }),
    });
    const text = await answer.text();
    exchanges.push({ request: { method, path, headers, body }, response: { status: answer.status, body: text } });
    outgoing.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
