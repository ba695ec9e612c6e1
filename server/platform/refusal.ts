import { TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z } from 'zod';
import './issue-words.ts';
import { isBusy, isUnavailable, sqlState } from './database.ts';
import {
  BusyError,
  DatabaseUnavailableError,
  type ErrorCode,
  HTTP_STATUS,
  InfraHubError,
  ValidationError,
  type ValidationIssue,
} from './errors.ts';

type TrpcCode = TRPCError['code'];

/** tRPC's word for each HTTP status that `errors.ts` uses. */
const TRPC_CODE = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  408: 'TIMEOUT',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  502: 'BAD_GATEWAY',
  503: 'SERVICE_UNAVAILABLE',
  504: 'GATEWAY_TIMEOUT',
} as const satisfies Record<(typeof HTTP_STATUS)[ErrorCode], TrpcCode>;

/** The same refusal as tRPC throws it, so that both doors answer with the same status. */
export function asTrpcError(refusal: InfraHubError): TRPCError {
  return new TRPCError({ code: TRPC_CODE[HTTP_STATUS[refusal.code]], message: refusal.message, cause: refusal });
}

/** What the framework itself refuses before a procedure runs. */
const FRAMEWORK: Partial<Record<TrpcCode, [ErrorCode, string]>> = {
  BAD_REQUEST: ['VALIDATION_FAILED', 'The request cannot be understood.'],
  PARSE_ERROR: ['VALIDATION_FAILED', 'The body is not valid JSON.'],
  NOT_FOUND: ['NOT_FOUND', 'There is nothing at this address.'],
  METHOD_NOT_SUPPORTED: ['METHOD_NOT_ALLOWED', 'This address does not answer to that method.'],
  PAYLOAD_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'The body is too large.'],
  UNSUPPORTED_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.'],
};

/** Text that PostgreSQL has no place for: NUL, and halves of a surrogate pair in JSON. */
const NO_TEXT = /^(22021|22P05)$/;
const DEFAULT_RETRY_SECONDS = 5;

const holdsNoText = (error: unknown): boolean => NO_TEXT.test(sqlState(error) ?? '');

/** What was sent is not sent back whole. */
const MAX_MESSAGE = 300;

/** zod's findings as our own, a line a problem. */
export function validationErrorFrom(error: z.core.$ZodError): ValidationError {
  const issues = error.issues.flatMap(issuesOf);
  const cut = (text: string) => text.slice(0, MAX_MESSAGE);
  return new ValidationError(issues.map(({ path, message }) => ({ path: cut(path), message: cut(message) })));
}

/** What is sent and not known is named by where it stands, like all else. */
function issuesOf(issue: z.core.$ZodIssue): ValidationIssue[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not known here' }));
}

/**
 * What the caller may know of any error. A refusal that was planned for stays as it is; everything unforeseen becomes
 * `INTERNAL` and keeps its cause for the log.
 */
export function asRefusal(error: unknown): InfraHubError {
  if (error instanceof InfraHubError) return error;
  if (error instanceof TRPCError) {
    if (error.cause instanceof InfraHubError) return error.cause;
    if (error.code === 'BAD_REQUEST' && error.cause instanceof z.core.$ZodError)
      return validationErrorFrom(error.cause);
    const known = FRAMEWORK[error.code];
    if (known) return new InfraHubError(known[0], known[1], {}, { cause: error });
    if (error.cause) return asRefusal(error.cause);
  }
  if (isBusy(error)) return new BusyError(error);
  if (isUnavailable(error)) return new DatabaseUnavailableError(error);
  if (isBrokenOff(error)) return new ValidationError([], 'The connection ended before all of the request was there.');
  if (holdsNoText(error)) return new ValidationError([], 'Some of the input holds characters that no text may have.');
  return new InfraHubError(
    'INTERNAL',
    'Something went wrong on our side. Give the request id to your operator.',
    {},
    { cause: error },
  );
}

/** How Node tells that a client went away while it was sending. */
const isBrokenOff = (error: unknown): boolean =>
  error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET';

/** The one shape of every error, at every door. */
export type ErrorBody = {
  error: { code: ErrorCode; message: string; request_id: string; details: Record<string, unknown> };
};

/** The refusal as REST answers it. */
export function errorBody(refusal: InfraHubError, requestId: string): ErrorBody {
  return {
    error: { code: refusal.code, message: refusal.message, request_id: requestId, details: refusal.details },
  };
}

/** The same as tRPC's clients read it: they insist on a numeric code, and ours is in `data`, whole (docs/decisions/002). */
export function trpcErrorOf(refusal: InfraHubError, requestId: string) {
  const status = HTTP_STATUS[refusal.code];
  return {
    // Made of ours, since a subscription's error does not pass the middleware, and must not look worth a reconnect.
    code: TRPC_ERROR_CODES_BY_KEY[TRPC_CODE[status]],
    message: refusal.message,
    data: {
      code: refusal.code,
      request_id: requestId,
      details: refusal.details,
      http_status: status,
      // Where tRPC looks for the status to answer with; it would make 500 of every other that begins with a 5.
      httpStatus: status,
    },
  };
}

/** Seconds after which the same request may succeed, as `Retry-After` tells them; undefined where waiting does not help. */
export function retryAfter({ code, details }: InfraHubError): string | undefined {
  if (HTTP_STATUS[code] !== 503 && HTTP_STATUS[code] !== 429) return undefined;
  const { retry_after_seconds: seconds } = details;
  return String(typeof seconds === 'number' ? Math.max(1, Math.ceil(seconds)) : DEFAULT_RETRY_SECONDS);
}
