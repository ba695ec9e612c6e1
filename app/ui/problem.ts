import { isTRPCClientError } from '@trpc/client';
import { z } from 'zod';

const errorData = z.object({
  code: z.string(),
  request_id: z.string(),
  details: z.record(z.string(), z.unknown()).default({}),
});

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

/** Reads any thrown value: a refusal of the API as it is, everything else in plain words. */
export function asProblem(error: unknown): Problem {
  if (isTRPCClientError(error)) {
    const data = errorData.safeParse(error.data);
    if (data.success) return problem(data.data.code, error.message, data.data.request_id, data.data.details);
    return problem('UNREACHABLE', 'InfraHub does not answer. It is tried again; check your network if it stays so.');
  }
  return problem('INTERNAL', 'Something on this page went wrong. Reload it; tell your operator if it stays so.');
}

function problem(code: string, message: string, requestId?: string, details: Record<string, unknown> = {}): Problem {
  return { code, message, requestId: requestId || undefined, details, transient: TRANSIENT.has(code) };
}
