import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instantNow } from './instant.ts';

const id = () => uuid('id').primaryKey().defaultRandom();
const createdAt = () => instantNow('created_at');

/** The organisation tree, top down: center → field → department → team. A parent is never deleted under its children. */
export const centers = pgTable('centers', {
  id: id(),
  name: text('name').notNull().unique('centers_name_key'),
  createdAt: createdAt(),
});

export const fields = pgTable(
  'fields',
  {
    id: id(),
    centerId: uuid('center_id')
      .notNull()
      .references(() => centers.id),
    name: text('name').notNull(),
    createdAt: createdAt(),
  },
  (t) => [unique('fields_center_id_name_key').on(t.centerId, t.name)],
);

export const departments = pgTable(
  'departments',
  {
    id: id(),
    fieldId: uuid('field_id')
      .notNull()
      .references(() => fields.id),
    name: text('name').notNull(),
    createdAt: createdAt(),
  },
  (t) => [unique('departments_field_id_name_key').on(t.fieldId, t.name)],
);

export const teams = pgTable(
  'teams',
  {
    id: id(),
    departmentId: uuid('department_id')
      .notNull()
      .references(() => departments.id),
    name: text('name').notNull(),
    createdAt: createdAt(),
  },
  (t) => [unique('teams_department_id_name_key').on(t.departmentId, t.name)],
);
