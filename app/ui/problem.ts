/** What went wrong, as the page tells it. */
export type Problem = {
  /** As the API names it, or `UNREACHABLE`. */
  code: string;
  message: string;
  /** For the operator's log; absent where no answer came. */
  requestId: string | undefined;
  details: Record<string, unknown>;
  /** Trying again may help. */
  transient: boolean;
};

const TRANSIENT = new Set(['UNREACHABLE', 'BUSY', 'UPSTREAM_TIMEOUT', 'DIRECTORY_UNAVAILABLE']);

const problem = (
  code: string,
  message: string,
  requestId?: string,
  details: Record<string, unknown> = {},
): Problem => ({
  code,
  message,
  requestId: requestId || undefined,
  details,
  transient: TRANSIENT.has(code),
});

const UNREACHABLE = 'InfraHub does not answer. Check your network, then try again.';
const BROKEN = 'Something on this page went wrong. Reload it; tell your operator if it stays so.';

/** Any value as a record to look into; an empty one where it is none. */
export const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** What is wrong with each part of the input, where that is what went wrong. */
export function issuesOf({ details }: Problem): string[] {
  const issues = Array.isArray(details.issues) ? details.issues.map(asRecord) : [];
  return issues.flatMap(({ path, message }) =>
    typeof path === 'string' && typeof message === 'string' ? [`${path.replaceAll('_', ' ')} ${message}`.trim()] : [],
  );
}

/** The API's error, as both doors shape it; what is none means that no answer of InfraHub came. */
export function problemOf(error: unknown, said?: string): Problem {
  const { code, message = said, request_id, details } = asRecord(error);
  if (typeof code !== 'string' || typeof message !== 'string' || typeof request_id !== 'string') {
    return problem('UNREACHABLE', UNREACHABLE);
  }
  return problem(code, message, request_id, asRecord(details));
}

/** Reads any thrown value: a refusal of the API as it is, everything else in plain words. */
export function asProblem(error: unknown): Problem {
  // By name: its class would bring tRPC's client to the sign-in page, which calls only one procedure.
  if (error instanceof Error && error.name === 'TRPCClientError') return problemOf(asRecord(error).data, error.message);
  return problem('INTERNAL', BROKEN);
}
