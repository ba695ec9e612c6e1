import { createHash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { z } from 'zod';
import { idempotencyKeys } from '../../db/schema/index.ts';
import type { Tx } from './database.ts';
import { InfraHubError } from './errors.ts';

type Once<T> = {
  actor: string;
  procedure: string;
  key: string | undefined;
  input: unknown;
  /** Shape of the result, as it is stored and answered again. */
  output: z.ZodType<T>;
};

/**
 * Does `work` once for each key: a repetition with the same input answers the first result again. The key, the hash of
 * the input and the result are written in the transaction that does the work, so there is no moment in which one exists
 * without the other; a repetition at the same time waits for the first to commit. Without a key, `work` simply runs.
 * @throws InfraHubError `IDEMPOTENCY_CONFLICT` for the same key with another input.
 */
export async function once<T>(
  tx: Tx,
  { actor, procedure, key, input, output }: Once<T>,
  work: () => Promise<T>,
): Promise<T> {
  if (key === undefined) return work();
  const inputHash = createHash('sha256').update(canonicalJson(input)).digest('hex');
  const mine = await tx
    .insert(idempotencyKeys)
    .values({ actor, procedure, key, inputHash })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key });
  const sameKey = and(
    eq(idempotencyKeys.actor, actor),
    eq(idempotencyKeys.procedure, procedure),
    eq(idempotencyKeys.key, key),
  );
  if (mine.length === 0) {
    const [first] = await tx.select().from(idempotencyKeys).where(sameKey);
    if (first?.inputHash === inputHash) return output.parse(first.result);
    throw new InfraHubError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used with another input. Use a new one.');
  }
  const result = await work();
  await tx.update(idempotencyKeys).set({ result }).where(sameKey);
  return result;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}
