import type { ErrorCode } from './api.ts';

/**
 * What can go wrong: everything that InfraHub answers, and what the client itself finds: `UNREACHABLE` (no answer, or none
 * of InfraHub's), `TIMEOUT` (`createAndWait` took too long), `PROJECT_FAILED` (what was created could not be provisioned).
 */
export type InfraHubErrorCode = ErrorCode | 'UNREACHABLE' | 'TIMEOUT' | 'PROJECT_FAILED';

export type InfraHubErrorFacts = {
  code: InfraHubErrorCode;
  message: string;
  details?: Record<string, unknown>;
  requestId?: string | undefined;
  status?: number | undefined;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
};

/** Every failure of a call. `code` is for programs, `message` for people, `requestId` for the operator's log. */
export class InfraHubApiError extends Error {
  readonly code: InfraHubErrorCode;
  readonly details: Record<string, unknown>;
  /** Undefined where no answer came. */
  readonly requestId: string | undefined;
  /** Of HTTP; undefined where no answer came. */
  readonly status: number | undefined;
  /** How long InfraHub asks to wait before the next try, if it does. */
  readonly retryAfterSeconds: number | undefined;

  constructor({ code, message, details = {}, requestId, status, retryAfterSeconds, cause }: InfraHubErrorFacts) {
    super(message, { cause });
    this.name = 'InfraHubApiError';
    this.code = code;
    this.details = details;
    this.requestId = requestId;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Any value as a record to look into; an empty one where it is none. */
export const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** An error as the tRPC door tells it, in an answer or in a stream; undefined for what is none. */
export function errorFrom(told: unknown, answer?: Response): InfraHubApiError | undefined {
  const { message, data } = asRecord(told);
  const { code, details, request_id, http_status } = asRecord(data);
  if (!isCode(code) || typeof message !== 'string') return undefined;
  const wait = Number(answer?.headers.get('retry-after') ?? Number.NaN);
  return new InfraHubApiError({
    code,
    message,
    details: asRecord(details),
    requestId: typeof request_id === 'string' && request_id !== '' ? request_id : undefined,
    status: typeof http_status === 'number' ? http_status : answer?.status,
    retryAfterSeconds: Number.isFinite(wait) ? wait : undefined,
  });
}

/** A code that this client was not built for is passed on as well. */
const isCode = (code: unknown): code is InfraHubErrorCode => typeof code === 'string';

export function unreachable(why: string, cause?: unknown, answer?: Response): InfraHubApiError {
  const requestId = answer?.headers.get('x-request-id') ?? undefined;
  return new InfraHubApiError({ code: 'UNREACHABLE', message: why, status: answer?.status, requestId, cause });
}

const PASSING = new Set<InfraHubErrorCode>(['UNREACHABLE', 'BUSY', 'DIRECTORY_UNAVAILABLE', 'UPSTREAM_TIMEOUT']);

/** Whether the same call may succeed a little later, if repeating it does no harm. */
export const mayPass = (error: unknown): error is InfraHubApiError =>
  error instanceof InfraHubApiError && (PASSING.has(error.code) || isTooMany(error));

/** Nothing was done, so that repeating never does harm. */
export const isTooMany = (error: unknown): boolean =>
  error instanceof InfraHubApiError && error.code === 'TOO_MANY_REQUESTS';
