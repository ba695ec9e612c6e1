import type { AnyRouter } from '@trpc/server';
import { generateOpenApiDocument } from 'trpc-to-openapi';
import { HTTP_STATUS } from './errors.ts';
import { restProcedures } from './rest.ts';

const ERROR_SCHEMA = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'request_id', 'details'],
      properties: {
        code: { type: 'string', enum: Object.keys(HTTP_STATUS) },
        message: { type: 'string' },
        request_id: { type: 'string', format: 'uuid' },
        details: { type: 'object', additionalProperties: true },
      },
    },
  },
};

const failure = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
});

const FAILURES = {
  400: failure('The input cannot be used'),
  401: failure('No valid token'),
  403: failure('The role does not allow it here'),
  404: failure('No such thing'),
  409: failure('It conflicts with what there is'),
  500: failure('A failure of ours'),
  503: failure('Busy, or something it stands on is down'),
};

const METHODS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** The OpenAPI 3.1 document of the REST door. Its answers are ours: success statuses as they are, errors in the one shape. */
export function openApiDocument(router: AnyRouter): object {
  const document = generateOpenApiDocument(router, {
    title: 'InfraHub',
    version: '1',
    description: 'Share bare metal: organisation, capacity, quotas, projects.',
    baseUrl: '/api/v1',
    openApiVersion: '3.1.0',
  });
  const paths = structuredClone(document.paths ?? {});
  for (const { meta, output } of restProcedures(router)) {
    const operation = paths[meta.openapi.path]?.[METHODS[meta.openapi.method]];
    if (!operation?.responses) continue;
    const success = output?.safeParse(undefined).success
      ? { 204: { description: 'Done' } }
      : { [meta.creates ? 201 : 200]: operation.responses['200'] };
    operation.responses = { ...success, ...FAILURES };
  }
  return {
    ...document,
    paths,
    components: { ...document.components, schemas: { ...document.components?.schemas, Error: ERROR_SCHEMA } },
  };
}
