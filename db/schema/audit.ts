import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instantNow } from './instant.ts';

/**
 * Who did what, when, from which request. Append only (a trigger refuses UPDATE and DELETE). The ids of the place it
 * happened at are copied, without foreign keys, so that an event stays readable by those in scope after the place is gone.
 */
export const auditEvents = pgTable(
  'audit_events',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    at: instantNow('at'),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    targetType: text('target_type').notNull(),
    targetId: text('target_id').notNull(),
    targetName: text('target_name').notNull(),
    fieldId: uuid('field_id'),
    departmentId: uuid('department_id'),
    teamId: uuid('team_id'),
    before: jsonb('before').$type<Record<string, unknown> | null>(),
    after: jsonb('after').$type<Record<string, unknown> | null>(),
    requestId: uuid('request_id').notNull(),
  },
  (t) => [
    check('audit_events_action_words', sql`${t.action} ~ '^[a-z_]+[.][a-z_]+$'`),
    index('audit_events_at_idx').on(t.at, t.id),
    index('audit_events_field_id_idx').on(t.fieldId, t.at),
    index('audit_events_department_id_idx').on(t.departmentId, t.at),
    index('audit_events_team_id_idx').on(t.teamId, t.at),
    index('audit_events_target_id_idx').on(t.targetId, t.at),
  ],
);
