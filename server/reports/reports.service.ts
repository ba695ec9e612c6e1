import type { Db } from '../platform/database.ts';
import { type Caller, scopeOf } from '../platform/policy.ts';
import { readUsage } from './reports.repository.ts';
import { totalsBySite } from './reports.rules.ts';
import type { Usage, UsageInput } from './reports.schema.ts';

export function createReportsService({ db }: { db: Db }) {
  return {
    /** Capacity, granted and used of the caller's part of the organisation, by node and summed up by site. */
    async usage(caller: Caller, { site }: UsageInput): Promise<Usage> {
      const items = await readUsage(db, scopeOf(caller, 'reports.read'), site);
      return { sites: totalsBySite(items), items };
    },
  };
}
