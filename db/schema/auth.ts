import { integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, instantNow } from './instant.ts';

/** One sign-in. Its tokens are renewed until `ends_at` and stop working everywhere once it is revoked. */
export const sessions = pgTable('sessions', {
  id: uuid('id').primaryKey().defaultRandom(),
  /** The directory's name for the person, lower case. */
  subject: text('subject').notNull(),
  createdAt: instantNow('created_at'),
  endsAt: instant('ends_at').notNull(),
  revokedAt: instant('revoked_at'),
});

/**
 * Sign-ins that were tried lately: on an account (no address), at an address (no account), or on an account from an
 * address that it has signed in from. All replicas count here.
 */
export const signInLimits = pgTable(
  'sign_in_limits',
  {
    account: text('account').notNull(),
    address: text('address').notNull(),
    /** Since the last right password, or the last quiet quarter of an hour. */
    tries: integer('tries').notNull(),
    triedAt: instant('tried_at').notNull(),
    /** No try is let through before. */
    nextAt: instant('next_at'),
    /** Tries that were refused since the last one that was let through. */
    refused: integer('refused').notNull().default(0),
  },
  (t) => [primaryKey({ name: 'sign_in_limits_pkey', columns: [t.account, t.address] })],
);
