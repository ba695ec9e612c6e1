import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { sqlState } from './database.ts';
import { DatabaseUnavailableError, type ErrorCode, HTTP_STATUS, InfraHubError, ValidationError } from './errors.ts';

type TrpcCode = TRPCError['code'];

/** tRPC's word for each HTTP status that `errors.ts` uses. */
const TRPC_CODE = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
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

const CONNECTION_LOST = /^(08|57P0)/;
const NO_CONNECTION = /timeout exceeded when trying to connect|Connection terminated|ECONNREFUSED|ECONNRESET/;

function databaseIsUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return CONNECTION_LOST.test(state);
  for (let e = error; e instanceof Error; e = e.cause) {
    if (NO_CONNECTION.test(`${e.message} ${'code' in e ? e.code : ''}`)) return true;
  }
  return false;
}

/** zod's findings as our own, a line a problem. */
export function validationErrorFrom(error: z.core.$ZodError): ValidationError {
  return new ValidationError(error.issues.map((i) => ({ path: i.path.join('.'), message: i.message })));
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
    if (error.cause && databaseIsUnavailable(error.cause)) return new DatabaseUnavailableError(error.cause);
  }
  if (databaseIsUnavailable(error)) return new DatabaseUnavailableError(error);
  return new InfraHubError(
    'INTERNAL',
    'Something went wrong on our side. Give the request id to your operator.',
    {},
    { cause: error },
  );
}

/** The one shape of every error, at every door. */
export type ErrorBody = {
  error: { code: ErrorCode; message: string; request_id: string; details: Record<string, unknown> };
};

export function errorBody(refusal: InfraHubError, requestId: string): ErrorBody {
  return {
    error: { code: refusal.code, message: refusal.message, request_id: requestId, details: refusal.details },
  };
}
