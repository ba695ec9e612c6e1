import { index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, instantNow } from './instant.ts';
import { oneOf } from './one-of.ts';

/** One comparison of the database, the values files and Argo CD. `findings` and `unreadable` are as the wire has them. */
export const driftChecks = pgTable(
  'drift_checks',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    /** When the comparison began: what was done later it may not have seen. */
    checkedAt: instant('checked_at').notNull(),
    /** How many differences there were, also where there were too many to keep all. */
    total: integer('total').notNull(),
    findings: jsonb('findings').notNull(),
    unreadable: jsonb('unreadable').notNull(),
  },
  (t) => [index('drift_checks_checked_at_idx').on(t.checkedAt.desc())],
);

const MEND_STATES = ['requested', 'written', 'done'] as const;

/**
 * A difference that somebody has asked to be mended, one row for each, until a check that began after it was done. A row
 * that is not `done` is work: whichever replica is alive picks it up where it stands.
 */
export const driftMends = pgTable(
  'drift_mends',
  {
    findingId: text('finding_id').primaryKey(),
    finding: jsonb('finding').notNull(),
    /** `requested` · `written`: the values file is as it should be, Argo CD is still to be asked · `done`. */
    state: text('state', { enum: MEND_STATES }).notNull(),
    /** What keeps it from going on, in words for people; null while nothing does. */
    waiting: text('waiting'),
    requestedBy: text('requested_by').notNull(),
    requestId: uuid('request_id').notNull(),
    createdAt: instantNow('created_at'),
    updatedAt: instantNow('updated_at'),
  },
  (t) => [oneOf('drift_mends_state_known', t.state, MEND_STATES)],
);
