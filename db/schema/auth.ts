import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
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
