import { createHash } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { idempotencyKeys } from '../../db/schema/index.ts';
import { executePrepared, type Tx } from './database.ts';
import { ConflictError, InfraHubError } from './errors.ts';

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
 * @throws InfraHubError `IDEMPOTENCY_CONFLICT` for the same key with another input, and what `storedAnswer` may say.
 */
export async function once<T>(tx: Tx, use: Once<T>, work: () => Promise<T>): Promise<T> {
  const { actor, procedure, key, input, output } = use;
  if (key === undefined) return work();
  const inputHash = hashOf(input);
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
    // Swept away as too old between the two statements: the key is free.
    if (!first) return once(tx, use, work);
    if (first.inputHash !== inputHash) throw keyConflict();
    const before = storedAnswer(output, first.result);
    if ('error' in before) throw before.error;
    return before.answer;
  }
  const result = await work();
  await tx.update(idempotencyKeys).set({ result }).where(sameKey);
  return result;
}

const identified = z.object({ id: z.string() });

/**
 * The answer that was stored with a key. One that another version wrote in a shape which is not known here is told to be
 * there: not as a fault, since what was asked is done; and not as a conflict of keys, upon which it may be asked anew.
 */
export function storedAnswer<T>(output: z.ZodType<T>, stored: unknown): { answer: T } | { error: ConflictError } {
  const { success, data } = output.safeParse(stored);
  if (success) return { answer: data };
  const message =
    'This was done before, with this idempotency key, by another version of InfraHub, whose answer cannot be repeated. It is not done again: look at what is there.';
  return { error: new ConflictError(message, { ...identified.safeParse(stored).data }) };
}

/** A key that somebody gave, and what they gave it for. */
export type KeyUse = { actor: string; key: string; inputHash: string };

/**
 * The results of those of these uses that were done before, by `actor` and `key` in this order. For whoever serves many
 * at once: under a lock that every use of the same key with the same input has to take, and with `remember` at the end.
 */
export async function findResults(tx: Tx, procedure: string, uses: Pick<KeyUse, 'actor' | 'key'>[]) {
  if (uses.length === 0) return [];
  const given = (pick: (use: (typeof uses)[number]) => string) => sql.param(uses.map(pick));
  // One look into the index for each, as small as the table may be when this is planned.
  const { rows } = await executePrepared(
    tx,
    'find_results',
    sql`
    select found.* from unnest(${given((use) => use.actor)}::text[], ${given((use) => use.key)}::text[]) as use(actor, key)
    cross join lateral (
      select k.actor, k.key, k.input_hash as "inputHash", k.result from ${idempotencyKeys} k
      where k.actor = use.actor and k.procedure = ${procedure} and k.key = use.key limit 1) as found`,
  );
  return results.parse(rows);
}

const results = z.array(z.object({ actor: z.string(), key: z.string(), inputHash: z.string(), result: z.unknown() }));

/** Writes results down. A key that was used meanwhile violates `idempotency_keys_pkey`: what it was used for counts. */
export async function remember(tx: Tx, procedure: string, uses: (KeyUse & { result: unknown })[]): Promise<void> {
  if (uses.length === 0) return;
  await executePrepared(
    tx,
    'remember',
    sql`
    insert into ${idempotencyKeys} (actor, procedure, key, input_hash, result)
    select actor, ${procedure}, key, "inputHash", result
    from json_to_recordset(${JSON.stringify(uses)}::json) as u(actor text, key text, "inputHash" text, result jsonb)
    order by actor, key`,
  );
}

/** SHA-256 of an input, the same in whichever order its parts come. */
export const hashOf = (input: unknown): string => createHash('sha256').update(canonicalJson(input)).digest('hex');

export const keyConflict = (): InfraHubError =>
  new InfraHubError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used with another input. Use a new one.');

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}
