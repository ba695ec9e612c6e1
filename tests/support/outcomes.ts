import { InfraHubError } from '../../server/platform/errors.ts';

/** How each attempt ended: `done`, the code of its refusal, or the error that should not have been. */
export async function outcomesOf(attempts: Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(attempts);
  return results.map((result) => {
    if (result.status === 'fulfilled') return 'done';
    return result.reason instanceof InfraHubError ? result.reason.code : result.reason;
  });
}
