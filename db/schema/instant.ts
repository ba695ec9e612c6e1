import { sql } from 'drizzle-orm';
import { customType } from 'drizzle-orm/pg-core';

/**
 * A moment, in milliseconds and UTC. Code sees an ISO 8601 string, just as the wire does; milliseconds, so that a value
 * read back equals the one stored and keyset paging neither skips nor repeats.
 */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp(3) with time zone',
  fromDriver: iso,
});

const IN_UTC = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,3})?\+00$/;

/** PostgreSQL's text of a moment, as ISO 8601. Where it is UTC already, no date is made of it: a page has a hundred. */
function iso(text: string): string {
  const [, day, time, fraction = '.'] = IN_UTC.exec(text) ?? [];
  return day === undefined ? new Date(text).toISOString() : `${day}T${time}${fraction.padEnd(4, '0')}Z`;
}

/** An `instant` that is the time of the insert, by the database's clock. */
export const instantNow = (name: string) => instant(name).notNull().default(sql`now()`);
