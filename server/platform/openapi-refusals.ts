import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { type ErrorCode, HTTP_STATUS, type Shortage } from './errors.ts';
import { isKeyed, pathParameters, type RestProcedure } from './procedures.ts';
import type { ErrorBody } from './refusal.ts';

const codes = Object.keys(HTTP_STATUS).filter((code): code is ErrorCode => code in HTTP_STATUS);

/** Every error, whatever the door, the address or the reason. */
const errorShape = z
  .object({
    error: z.object({
      code: z.enum(codes).describe('What is wrong, for programs'),
      message: z.string().describe('What is wrong and what to do, for people'),
      request_id: z.uuid().describe('Finds the request in the log; also in the header `X-Request-Id`'),
      details: z.record(z.string(), z.unknown()).describe('Facts of this error, such as the fields that are wrong'),
    }),
  })
  .meta({ id: 'Error' });

const id = '9b2f4c1e-7d35-4a60-8c1f-2e6b5d0a9f37';

const SHORTAGE = {
  site: 'haifa',
  resource: 'cpu',
  requested: 16,
  before: 44,
  after: 60,
  free: 4,
  short: 12,
  reason: 'parent',
} satisfies Shortage;

/** What each code looks like. */
const EXAMPLES: Record<ErrorCode, [message: string, details?: Record<string, unknown>]> = {
  VALIDATION_FAILED: [
    'Some of the input cannot be used.',
    { issues: [{ path: 'name', message: 'Lower-case letters, digits and single hyphens, such as vision-api' }] },
  ],
  INVALID_CREDENTIALS: ['The user name or the password is wrong.'],
  UNAUTHENTICATED: ['Sign in first: this needs an access token.'],
  TOKEN_EXPIRED: ['Your access token has expired. Sign in again.'],
  NO_ROLE_ASSIGNED: ['You are in no group that gives a role here. Ask an admin to add you to one.'],
  FORBIDDEN: ['Your role does not allow this here.'],
  NOT_FOUND: ['There is no team with this id.', { what: 'team', id }],
  METHOD_NOT_ALLOWED: ['This address answers to GET, HEAD, OPTIONS.'],
  REQUEST_TIMEOUT: ['The request took too long to arrive.'],
  QUOTA_EXCEEDED: [
    '12 cores short at haifa: 16 more asked for, 4 free. Department Vision has 40 free; ask its admin.',
    { ...SHORTAGE, shortages: [SHORTAGE] },
  ],
  CONFLICT: ['The team has a project named vision-api already. Choose another name.', { name: 'vision-api' }],
  INVALID_STATE: ['The project is provisioning. Wait until it is active.'],
  IDEMPOTENCY_CONFLICT: ['This idempotency key was used with another input. Use a new one.'],
  SYNC_IN_PROGRESS: ['A sync is running. Wait for it to end, then look at its result.', { run_id: id }],
  PAYLOAD_TOO_LARGE: ['A body may have 256 KiB at most.'],
  UNSUPPORTED_MEDIA_TYPE: ['Send the body as application/json in UTF-8, not compressed.'],
  TOO_MANY_REQUESTS: ['Too many tries. Wait 30 seconds.', { retry_after_seconds: 30 }],
  INTERNAL: ['Something went wrong on our side. Give the request id to your operator.'],
  UPSTREAM_FAILED: ['The inventory answered with something that cannot be used.'],
  DIRECTORY_UNAVAILABLE: ['The directory does not answer right now. Try again.'],
  BUSY: ['InfraHub is busy with other changes to the same numbers. Nothing was changed; try again.'],
  UPSTREAM_TIMEOUT: ['The inventory did not answer in time.'],
};

type Status = (typeof HTTP_STATUS)[ErrorCode];

const RESPONSES: Record<Status, [name: string, description: string]> = {
  400: ['BadRequest', 'The input cannot be used; `details.issues` names what is wrong with which field'],
  401: ['Unauthenticated', 'No valid token, or no valid credentials'],
  403: ['Forbidden', 'The role does not allow it here'],
  404: ['NotFound', 'There is no such thing'],
  405: ['MethodNotAllowed', 'The address does not answer to this method; `Allow` names those it does'],
  408: ['RequestTimeout', 'The request took too long to arrive'],
  409: ['Conflict', 'It conflicts with what there is; `code` says with what'],
  413: ['PayloadTooLarge', 'The body is too large'],
  415: ['UnsupportedMediaType', 'The body is no JSON'],
  429: ['TooManyRequests', 'Too often; wait as long as `Retry-After` says'],
  500: ['Internal', 'A failure of ours; the log says all under the same `request_id`'],
  502: ['UpstreamFailed', 'A system outside refused, or answered with something unusable'],
  503: ['Unavailable', 'Busy, or something that InfraHub stands on is down; try again after `Retry-After` seconds'],
  504: ['UpstreamTimeout', 'A system outside did not answer in time'],
};

/** What the document says once of each status that any of them may answer. */
export function refusalComponents(procedures: RestProcedure[]): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(
    [...new Set(procedures.flatMap(statusesOf))].map((status) => {
      const [name, description] = RESPONSES[status];
      const here = codes.filter((code) => HTTP_STATUS[code] === status);
      const examples = Object.fromEntries(here.map((code) => [code, { value: exampleBody(code) }]));
      const headers = headersOf(status);
      const content = { 'application/json': { schema: errorShape, examples } };
      return [name, { description, content, ...(headers && { headers }) }];
    }),
  );
}

function exampleBody(code: ErrorCode): ErrorBody {
  const [message, details = {}] = EXAMPLES[code];
  return { error: { code, message, request_id: id, details } };
}

function headersOf(status: Status) {
  if (status !== 429 && status !== 503) return undefined;
  return { 'Retry-After': { description: 'Seconds to wait', required: true, schema: { type: 'integer' as const } } };
}

/** Every refusal that the procedure may answer, by what kind of procedure it is and by what it says of itself. */
export function refusalsOf(procedure: RestProcedure): Record<string, { $ref: string }> {
  return Object.fromEntries(
    statusesOf(procedure).map((status) => [status, { $ref: `#/components/responses/${RESPONSES[status][0]}` }]),
  );
}

const statusesOf = (procedure: RestProcedure): Status[] => [
  ...new Set(codes.filter((code) => mayAnswer(procedure, code)).map((code) => HTTP_STATUS[code])),
];

/** Those of every procedure; the others depend. A wrong method has no operation to be told at. */
const ALWAYS: readonly ErrorCode[] = ['VALIDATION_FAILED', 'REQUEST_TIMEOUT', 'INTERNAL', 'BUSY'];

function mayAnswer({ type, meta, input }: RestProcedure, code: ErrorCode): boolean {
  if (ALWAYS.includes(code) || meta.refuses?.includes(code)) return true;
  const takesBody = input !== undefined && meta.openapi.method !== 'GET';
  const named = pathParameters(meta.openapi.path).length > 0 || Object.keys(input?.shape ?? {}).some(isReference);
  const depends: Partial<Record<ErrorCode, boolean>> = {
    UNAUTHENTICATED: meta.openapi.protect !== false,
    FORBIDDEN: meta.permission !== undefined,
    NOT_FOUND: named,
    CONFLICT: type === 'mutation' && meta.permission !== undefined,
    IDEMPOTENCY_CONFLICT: isKeyed(meta),
    PAYLOAD_TOO_LARGE: takesBody,
    UNSUPPORTED_MEDIA_TYPE: takesBody,
  };
  return depends[code] ?? false;
}

const isReference = (field: string): boolean => /(^|_)id$/.test(field);
