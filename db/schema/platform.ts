import { index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instantNow } from './instant.ts';

/** The result of a create that carried an Idempotency-Key, written in the transaction that did it. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    actor: text('actor').notNull(),
    procedure: text('procedure').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the input, to tell a repetition from a mistake. */
    inputHash: text('input_hash').notNull(),
    result: jsonb('result'),
    createdAt: instantNow('created_at'),
  },
  (t) => [
    primaryKey({ name: 'idempotency_keys_pkey', columns: [t.actor, t.procedure, t.key] }),
    index('idempotency_keys_created_at_idx').on(t.createdAt),
  ],
);

/** The running replicas and the job workers each has: whose heartbeat stops gives its jobs back. */
export const replicas = pgTable('replicas', {
  id: uuid('id').primaryKey(),
  workerIds: text('worker_ids').array().notNull(),
  seenAt: instantNow('seen_at'),
});
