import spectralCore, { type RulesetDefinition } from '@stoplight/spectral-core';
import spectralRulesets from '@stoplight/spectral-rulesets';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../server/platform/openapi.ts';
import { isKeyed, pathParameters, restProcedures } from '../../server/platform/procedures.ts';
import { appRouter } from '../../server/router.ts';

const media = z.looseObject({ example: z.unknown() });
const operationShape = z.object({
  operationId: z.string(),
  description: z.string(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(z.object({ in: z.string(), name: z.string() })).optional(),
  requestBody: z.object({ content: z.object({ 'application/json': media }) }).optional(),
  responses: z.record(
    z.string(),
    z.object({ headers: z.record(z.string(), z.unknown()), content: z.record(z.string(), media) }).partial(),
  ),
});

// Through JSON, as others read it.
const document: unknown = JSON.parse(JSON.stringify(openApiDocument(appRouter)));
const { paths } = z.object({ paths: z.record(z.string(), z.record(z.string(), operationShape)) }).parse(document);

const procedures = restProcedures(appRouter).map((procedure) => {
  const { method, path } = procedure.meta.openapi;
  const operation = paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`${method} ${path} is not in the document`);
  return { ...procedure, name: procedure.path, operation };
});

test('it passes Spectral’s OpenAPI rules without a warning', async () => {
  const spectral = new spectralCore.Spectral();
  // Its types say less than it takes.
  spectral.setRuleset(z.custom<RulesetDefinition>().parse({ extends: spectralRulesets.oas }));
  const findings = await spectral.run(JSON.stringify(document));
  expect(findings.map(({ code, path, message }) => `${path.join('.')}: ${code}: ${message}`)).toEqual([]);
});

test.each(procedures.filter(({ operation }) => operation.requestBody))(
  '$name takes the body that stands there as an example',
  ({ input, meta, operation }) => {
    const body = z.record(z.string(), z.unknown()).parse(operation.requestBody?.content['application/json'].example);
    const address: Record<string, unknown> = {
      id: '4f1c2a90-6d1f-4c0e-9a53-0d5d3a6d2b11',
      site: 'haifa',
    };
    const named = pathParameters(meta.openapi.path).map((name) => [name, address[name]]);
    expect(input?.safeParse({ ...body, ...Object.fromEntries(named) })).toMatchObject({ success: true });
  },
);

test.each(procedures)(
  '$name tells its one success, with an example that is such an answer',
  ({ output, operation }) => {
    const successes = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
    expect(successes).toHaveLength(1);
    const [status = ''] = successes;
    const content = operation.responses[status]?.content;
    if (status === '204') return expect(content).toBeUndefined();
    expect(output.safeParse(content?.['application/json']?.example)).toMatchObject({ success: true });
  },
);

test.each(procedures.filter(({ type }) => type === 'mutation'))(
  '$name names the idempotency key if, and only if, it takes one',
  ({ meta, operation }) => {
    const named = (operation.parameters ?? []).some(({ name }) => name === 'Idempotency-Key');
    expect(named).toBe(isKeyed(meta));
    if (meta.creates) expect(operation.responses['201']?.headers).toHaveProperty('Location');
  },
);

// By hand, one of each kind: what anybody, who may, who repeats, who names something and who sends a body can meet.
test.each([
  ['auth.login', '200 400 401 403 408 413 415 429 500 503'],
  ['auth.me', '200 400 401 408 500 503'],
  ['org.centers.list', '200 400 401 403 408 500 503'],
  ['org.centers.create', '201 400 401 403 408 409 413 415 500 503'],
  ['org.teams.get', '200 400 401 403 404 408 500 503'],
  ['quotas.setTeam', '200 400 401 403 404 408 409 413 415 500 503'],
  ['projects.create', '201 400 401 403 404 408 409 413 415 500 503'],
])('%s answers %s', (path, statuses) => {
  const procedure = procedures.find(({ name }) => name === path);
  expect(Object.keys(procedure?.operation.responses ?? {}).join(' ')).toBe(statuses);
});

test('every refusal has the one shape, with an example of each code', () => {
  const refusal = z.object({
    content: z.object({
      'application/json': z.object({
        schema: z.object({ $ref: z.literal('#/components/schemas/Error') }),
        examples: z.record(z.string(), z.object({ value: z.object({ error: z.object({ code: z.string() }) }) })),
      }),
    }),
  });
  const { components } = z
    .object({ components: z.object({ responses: z.record(z.string(), refusal) }) })
    .parse(document);
  for (const { content } of Object.values(components.responses)) {
    const { examples } = content['application/json'];
    expect(Object.values(examples).map(({ value }) => value.error.code)).toEqual(Object.keys(examples));
  }
  expect(Object.keys(components.responses)).toContain('TooManyRequests');
});

const reference = z.object({ $ref: z.string() });

/** Every `$ref` of the document, as a generator of clients finds them. */
function referencesIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const found = reference.safeParse(part).data?.$ref;
  return [...(found === undefined ? [] : [found]), ...Object.values(part).flatMap(referencesIn)];
}

/** What a `$ref` points to; undefined where that is nothing. */
const target = (ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((part, name) => z.record(z.string(), z.unknown()).safeParse(part).data?.[name], document);

test('every reference leads somewhere in the document, and nothing is named that nobody refers to', () => {
  const references = new Set(referencesIn(document));
  expect([...references].filter((ref) => !ref.startsWith('#/') || target(ref) === undefined)).toEqual([]);
  const { schemas } = z
    .object({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) })
    .parse(document).components;
  expect(Object.keys(schemas).filter((name) => !references.has(`#/components/schemas/${name}`))).toEqual([]);
});

test.each([
  ['projects.get', 'Project'],
  ['projects.create', 'Project'],
  ['projects.list', 'ProjectPage'],
  ['auth.login', 'Token'],
  ['quotas.setTeam', 'TeamQuota'],
])('what %s answers has the name %s, so that generated clients have it too', (path, name) => {
  const responses = procedures.find((one) => one.name === path)?.operation.responses ?? {};
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  expect(success?.content?.['application/json']).toMatchObject({ schema: { $ref: `#/components/schemas/${name}` } });
});

test('what is created can be read at the address that is told', () => {
  const addresses = procedures
    .filter(({ meta }) => meta.creates !== undefined)
    .map(({ meta }) => (meta.creates === true ? `${meta.openapi.path}/{id}` : (meta.creates ?? '')));
  const unreadable = addresses.filter((address) => paths[address]?.get === undefined);
  expect({ some: addresses.length > 0, unreadable }).toEqual({ some: true, unreadable: [] });
});

test('only signing in needs no token', () => {
  expect(procedures.filter(({ operation }) => operation.security?.length === 0).map(({ name }) => name)).toEqual([
    'auth.login',
  ]);
});

test('a list that has pages names the header with the next one, and that it comes as CSV', () => {
  expect(paths['/projects']?.get?.responses['200']).toMatchObject({
    headers: { Link: expect.anything() },
    content: { 'text/csv': expect.anything() },
  });
});

test('names of operations are unique', () => {
  const ids = procedures.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});
