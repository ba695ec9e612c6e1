import type { Outputs } from '../../api.ts';
import type { Amount, Resource } from './capacity.ts';

export type Usage = Outputs['reports']['usage'];
export type UsageRow = Usage['items'][number];
export type UsageTotal = Usage['sites'][number];

/** Everything at one site. */
export const amountOfSite = (total: UsageTotal, resource: Resource): Amount => ({
  capacity: total[`${resource}_online`],
  granted: total[`${resource}_granted`],
  used: total[`${resource}_used`],
  deficit: total[`${resource}_deficit`],
});

/** One node at one site: what it may give or use, what it gave, and what of that is used. */
export const amountOfRow = (row: UsageRow, resource: Resource): Amount => ({
  capacity: row[`${resource}_online`] ?? row[`${resource}_limit`] ?? 0,
  granted: row[`${resource}_granted`],
  used: row[`${resource}_used`],
  deficit: row[`${resource}_deficit`],
});
