import type { AnyRouter } from '@trpc/server';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { csvOf } from './csv.ts';
import { exampleOf } from './openapi-examples.ts';
import { refusalComponents, refusalsOf } from './openapi-refusals.ts';
import { POLICY, ROLES } from './policy.ts';
import { isKeyed, itemOf, pathParameters, type RestProcedure, restProcedures } from './procedures.ts';
import { REST_ROOT } from './rest-answer.ts';

const DESCRIPTION = `Share bare metal: organisation, capacity, quotas, projects.

**Signing in.** \`POST /auth/login\` answers a token for 15 minutes, which goes into \`Authorization: Bearer …\`;
\`POST /auth/renew\` answers the next one, for eight hours at most.

**Errors** all have one shape: \`{ "error": { "code", "message", "request_id", "details" } }\`. Programs decide by \`code\`.

**Lists** answer \`{ items, next_cursor }\`. Ask for the next page with \`?cursor=\` and the same filters, or follow the
\`Link: <…>; rel="next"\` header, until there is none. With \`Accept: text/csv\` a list comes as CSV.

**Repeating safely.** What creates something takes an \`Idempotency-Key\`: the same key with the same input answers the first
result again for 24 hours, and does nothing more; with another input it is refused with \`IDEMPOTENCY_CONFLICT\`.

**Finding it in the log.** Every answer names its \`X-Request-Id\`; one that you send (a UUID version 4) is kept.`;

/** In the order in which one meets them. */
const TAGS: Record<string, string> = {
  auth: 'Signing in and out, and who one is',
  organisation: 'Centers, fields, departments and teams',
  servers: 'The bare metal, as the inventory knows it',
  allocations: 'Which servers a field has',
  quotas: 'What departments and teams may use at each site',
  projects: 'Namespaces of teams: planned, created, watched, changed, removed',
  reports: 'Capacity, granted and used',
  audit: 'Who did what, and when',
  admin: 'The sync with the inventory, recounts, and what differs from Git and Argo CD',
};

const METHODS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** The OpenAPI 3.1 document of the REST door, written from the procedures alone. */
export function openApiDocument(router: AnyRouter) {
  const paths: ZodOpenApiPathsObject = {};
  const procedures = restProcedures(router);
  for (const procedure of procedures) {
    const { method, path } = procedure.meta.openapi;
    paths[path] = { ...paths[path], [METHODS[method]]: operationOf(procedure) };
  }
  const tags = [...new Set(procedures.flatMap(({ meta }) => meta.openapi.tags))];
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'InfraHub',
        version: '1',
        description: DESCRIPTION,
        contact: { name: 'The operators of your InfraHub' },
        license: { name: 'Apache-2.0' },
      },
      servers: [{ url: REST_ROOT, description: 'This InfraHub' }],
      security: [{ token: [] }],
      tags: Object.entries(TAGS)
        .filter(([name]) => tags.includes(name))
        .map(([name, description]) => ({ name, description })),
      paths,
      components: {
        responses: refusalComponents(procedures),
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From `POST /auth/login`' },
        },
      },
    },
    { override: ({ jsonSchema, io }) => plainly(jsonSchema, io) },
  );
}

/**
 * What an answer holds may grow. A pattern beside a format, or a bound that is JavaScript's own, says nothing; and what
 * `\p{…}` means, readers do not agree on.
 */
function plainly(schema: z.core.JSONSchema.BaseSchema, io: string): void {
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.format || schema.pattern?.match(/\\p\{/i)) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

function operationOf(procedure: RestProcedure): ZodOpenApiOperationObject {
  const { path, meta } = procedure;
  const { summary, tags, protect } = meta.openapi;
  return {
    operationId: path.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase()),
    summary,
    description: descriptionOf(procedure),
    tags: [...tags],
    ...(protect === false && { security: [] }),
    ...requestOf(procedure),
    responses: { ...successOf(procedure), ...refusalsOf(procedure) },
  };
}

function descriptionOf(procedure: RestProcedure): string {
  const { permission, open, openapi } = procedure.meta;
  const roles = ROLES.flatMap((role) => {
    const reach = permission ? POLICY[permission][role] : 'all';
    return reach === 'no' ? [] : reach === 'own' ? `\`${role}\` in its own part` : `\`${role}\``;
  });
  return [
    `${openapi.summary}.`,
    permission ? `For ${roles.join(', ')}.` : `For everybody${openapi.protect === false ? '' : ' signed in'}: ${open}.`,
    ...(itemOf(procedure) ? ['As JSON, or as CSV with `Accept: text/csv`.'] : []),
  ].join(' ');
}

const idempotencyKey = z.string().min(1).max(200).optional().meta({
  description: 'Makes it safe to send the request again: one key, one result. A fresh UUID will do',
  example: '0f8fad5b-d9cb-469f-a165-70867728950e',
});

function requestOf({ meta, input }: RestProcedure): Pick<ZodOpenApiOperationObject, 'requestParams' | 'requestBody'> {
  const header = isKeyed(meta) ? { header: z.object({ 'Idempotency-Key': idempotencyKey }) } : {};
  if (!input) return { requestParams: header };
  const named = pathParameters(meta.openapi.path);
  const pick = (wanted: (name: string) => boolean) =>
    z.strictObject(Object.fromEntries(Object.entries(input.shape).filter(([name]) => wanted(name))));
  const rest = pick((name) => !named.includes(name));
  const path = named.length > 0 ? { path: pick((name) => named.includes(name)) } : {};
  if (meta.openapi.method === 'GET') return { requestParams: { ...header, ...path, query: rest } };
  const body = Object.keys(rest.shape).length > 0 && {
    requestBody: {
      required: !rest.safeParse({}).success,
      content: { 'application/json': { schema: named.length > 0 ? rest : input, example: bodyExample(input, named) } },
    },
  };
  return { requestParams: { ...header, ...path }, ...body };
}

const fields = z.record(z.string(), z.unknown());

/** Of the whole input, which knows more than its parts, without what the address names. */
function bodyExample(input: z.ZodObject, named: string[]): Record<string, unknown> {
  const whole = fields.parse(exampleOf(input, 'input') ?? {});
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !named.includes(name)));
}

function successOf(procedure: RestProcedure): ZodOpenApiOperationObject['responses'] {
  const { meta, output } = procedure;
  if (output.safeParse(undefined).success) return { 204: { description: 'Done' } };
  const example = exampleOf(output, 'output');
  const json = { 'application/json': { schema: output, example } };
  if (meta.creates !== undefined) {
    const location = { description: 'Where it can be read', required: true, schema: { type: 'string' as const } };
    return { 201: { description: 'Created', headers: { Location: location }, content: json } };
  }
  const item = itemOf(procedure);
  if (!item) return { 200: { description: 'Done', content: json } };
  const csv = { schema: { type: 'string' as const }, example: csvOf(Object.keys(item.shape), rowsOf(example)) };
  const next = { description: 'The next page, as `<…>; rel="next"`', schema: { type: 'string' as const } };
  const isPage = output instanceof z.ZodObject && 'next_cursor' in output.shape;
  const content = { ...json, 'text/csv': csv };
  return { 200: { description: 'Done', ...(isPage && { headers: { Link: next } }), content } };
}

const list = z.object({ items: z.array(fields) });
const rowsOf = (example: unknown) => list.safeParse(example).data?.items ?? [];
