/** What the caller may be told beside the message: plain JSON, never a secret, never the inside of the system. */
export type ErrorDetails = Record<string, unknown>;

/**
 * Every way InfraHub can say no, with the HTTP status of each (`design/api.md`). This is the one place where a code
 * becomes a status; tRPC's own code follows from it. Services only ever name the code.
 */
export const HTTP_STATUS = {
  VALIDATION_FAILED: 400,
  INVALID_CREDENTIALS: 401,
  UNAUTHENTICATED: 401,
  TOKEN_EXPIRED: 401,
  NO_ROLE_ASSIGNED: 403,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  QUOTA_EXCEEDED: 409,
  CONFLICT: 409,
  INVALID_STATE: 409,
  IDEMPOTENCY_CONFLICT: 409,
  SYNC_IN_PROGRESS: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  UPSTREAM_FAILED: 502,
  DIRECTORY_UNAVAILABLE: 503,
  BUSY: 503,
  UPSTREAM_TIMEOUT: 504,
} as const;

export type ErrorCode = keyof typeof HTTP_STATUS;

/**
 * A refusal that was planned for. `message` and `details` are shown to the caller; what is secret or raw goes into
 * `cause`, which only the log sees.
 */
export class InfraHubError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** One thing wrong with one part of the input; `path` is dotted, as in `items.3.name`. */
export type ValidationIssue = { path: string; message: string };

/** More tell nobody more, and the answer would grow with the input. */
const MOST_ISSUES = 50;

export class ValidationError extends InfraHubError {
  constructor(issues: ValidationIssue[], message = 'Some of the input cannot be used.') {
    super('VALIDATION_FAILED', message, { issues: issues.slice(0, MOST_ISSUES) });
  }
}

export class UnauthenticatedError extends InfraHubError {
  constructor(code: 'UNAUTHENTICATED' | 'TOKEN_EXPIRED' | 'INVALID_CREDENTIALS', message: string, cause?: unknown) {
    super(code, message, {}, { cause });
  }
}

export class ForbiddenError extends InfraHubError {
  constructor(message = 'Your role does not allow this here.', details: ErrorDetails = {}) {
    super('FORBIDDEN', message, details);
  }
}

export class NotFoundError extends InfraHubError {
  /** `what` is the domain's word for the thing, lower case: `team`, `project`. */
  constructor(what: string, id: string) {
    super('NOT_FOUND', `There is no ${what} with this id.`, { what, id });
  }
}

export class ConflictError extends InfraHubError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('CONFLICT', message, details);
  }
}

/** The thing exists but is in a state that does not allow the act. */
export class InvalidStateError extends InfraHubError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('INVALID_STATE', message, details);
  }
}

/**
 * One resource of which there is too little at a site, in cores (`cpu`) or GiB (`ram_gb`). `before` and `after` are what a
 * limit, a team's usage or a field's capacity is and was to become; `requested` is the step between them, `free` how much
 * of it is possible, `short` what is missing. `parent`: what it is carved out of has too little free · `held`: what lies
 * on it needs more than would be left · `deficit`: the field is over-allocated, and `short` is by how much.
 */
export type Shortage = {
  site: string;
  resource: 'cpu' | 'ram_gb';
  requested: number;
  before: number;
  after: number;
  free: number;
  short: number;
  reason: 'parent' | 'held' | 'deficit';
};

/** A change that would break one of the quota invariants (`docs/invariants.md`), whichever side it comes from. */
export class QuotaExceededError extends InfraHubError {
  /** Its details are `shortages`, every resource that is short, and beside them the first for readers that want one. */
  constructor(message: string, shortages: [Shortage, ...Shortage[]]) {
    super('QUOTA_EXCEEDED', message, { ...shortages[0], shortages });
  }
}

/** The database was too contended to decide in time; nothing was changed, trying again is safe. */
export class BusyError extends InfraHubError {
  constructor(cause?: unknown) {
    super(
      'BUSY',
      'InfraHub is busy with other changes to the same numbers. Nothing was changed; try again.',
      {},
      { cause },
    );
  }
}

/** The database cannot be reached, or went away; whether a change in flight took place is not known. */
export class DatabaseUnavailableError extends InfraHubError {
  constructor(cause?: unknown) {
    super(
      'BUSY',
      'The database does not answer right now. If this was a change, look whether it took place before you try again.',
      {},
      { cause },
    );
  }
}

/** A system outside (Git, Argo CD, the inventory) answered that it will not, or with something unusable. */
export class UpstreamError extends InfraHubError {
  constructor(
    code: 'UPSTREAM_FAILED' | 'UPSTREAM_TIMEOUT' | 'DIRECTORY_UNAVAILABLE',
    message: string,
    details: ErrorDetails = {},
    cause?: unknown,
  ) {
    super(code, message, details, { cause });
  }
}
