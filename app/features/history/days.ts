import type { History, HistoryRow } from '../../../server/reports/reports.schema.ts';
import { type Amount, quantity, type Resource } from '../capacity/capacity.ts';

/** One day: what was there, granted and used of one resource. */
export type Day = Amount & { day: string };

const amountOf = (row: HistoryRow, resource: Resource): Amount => ({
  capacity: row[`${resource}_online`],
  granted: row[`${resource}_granted`],
  used: row[`${resource}_used`],
});

/** The days at one site, or at all of them together, oldest first. */
export function daysOf({ items }: History, resource: Resource, site: string | undefined): Day[] {
  const days = new Map<string, Day>();
  for (const row of items) {
    if (site !== undefined && row.site !== site) continue;
    const known = days.get(row.day) ?? { day: row.day, capacity: 0, granted: 0, used: 0 };
    const { capacity, granted, used } = amountOf(row, resource);
    days.set(row.day, {
      day: row.day,
      capacity: known.capacity + capacity,
      granted: known.granted + granted,
      used: known.used + used,
    });
  }
  return [...days.values()];
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
export const dayName = (day: string): string => dayFormat.format(new Date(`${day}T00:00:00Z`));

/** What the picture tells, in one sentence. */
export function summaryOf(days: Day[], resource: Resource): string {
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return 'Nothing is known yet.';
  const used = `${quantity(first.used, resource)} to ${quantity(last.used, resource)}`;
  return `From ${dayName(first.day)} to ${dayName(last.day)}, usage went from ${used}; ${quantity(last.granted, resource)} are granted, of ${quantity(last.capacity, resource)}.`;
}
