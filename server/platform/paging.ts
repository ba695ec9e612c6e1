import { asc, desc, is, SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { ValidationError } from './errors.ts';
import { type Page, timestamp } from './schema.ts';

/** Sort, direction, value and id of the last item. It stays so: in an update, replicas of two versions read it. */
const cursorShape = z.tuple([z.string(), z.string(), z.union([z.string().regex(/^\P{Cc}*$/u), z.number()]), z.uuid()]);

type KeysetOptions = {
  /** Name of the sort. A cursor of another sort, or of the other direction, may not be used with it. */
  sort: string;
  /** Not null, and selected into the items under `key`. An expression is an instant. */
  column: PgColumn | SQL;
  idColumn: PgColumn;
  direction: 'asc' | 'desc';
  cursor: string | undefined;
  limit: number;
};

/**
 * Paging by position in the order, not by offset: page 1,000 costs what page 1 does, and a row that comes or goes moves
 * no other to another page. Select with `where`, `orderBy` and `fetch`, then hand the rows to `page`.
 * @throws ValidationError for a cursor that is not one of ours.
 */
export function keyset(options: KeysetOptions) {
  const { sort, column, idColumn, direction, limit } = options;
  const order = direction === 'asc' ? asc : desc;
  return {
    where: options.cursor === undefined ? undefined : after(options, options.cursor),
    orderBy: [order(column), order(idColumn)],
    /** One more than asked for tells whether there is a next page. */
    fetch: limit + 1,
    page<T extends { id: string }>(rows: T[], key: (row: T) => string | number): Page<T> {
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const next_cursor = rows.length > limit && last ? encode([sort, direction, key(last), last.id]) : null;
      return { items, next_cursor };
    },
  };
}

function after({ sort, column, idColumn, direction }: KeysetOptions, cursor: string): SQL {
  const [cursorSort, cursorDirection, value, id] = decode(cursor);
  if (cursorSort !== sort || cursorDirection !== direction || !valuesOf(column).safeParse(value).success)
    throw badCursor();
  const operator = sql.raw(direction === 'asc' ? '>' : '<');
  return sql`(${column}, ${idColumn}) ${operator} (${sql.param(value, is(column, SQL) ? undefined : column)}, ${id}::uuid)`;
}

/** What the database can compare with the column: a forged cursor is the caller's mistake, not a failure of ours. */
function valuesOf(column: PgColumn | SQL): z.ZodType {
  if (is(column, SQL) || column.dataType === 'custom') return timestamp;
  return column.dataType === 'number' ? z.int32() : z.string();
}

const encode = (position: z.infer<typeof cursorShape>): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor: string): z.infer<typeof cursorShape> {
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw badCursor();
  }
}

const badCursor = () =>
  new ValidationError([{ path: 'cursor', message: 'This cursor does not belong to this list. Start without one.' }]);
