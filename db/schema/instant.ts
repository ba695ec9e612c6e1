import { sql } from 'drizzle-orm';
import { customType } from 'drizzle-orm/pg-core';

/**
 * A moment, in milliseconds and UTC. Code sees an ISO 8601 string, just as the wire does; milliseconds, so that a value
 * read back equals the one stored and keyset paging neither skips nor repeats.
 */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp(3) with time zone',
  fromDriver: (text) => new Date(text).toISOString(),
});

/** An `instant` that is the time of the insert, by the database's clock. */
export const instantNow = (name: string) => instant(name).notNull().default(sql`now()`);
