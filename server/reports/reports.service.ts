import { center, department, field, team } from '../org/levels.repository.ts';
import { subtreeOf } from '../org/shares.repository.ts';
import type { Db } from '../platform/database.ts';
import { NotFoundError } from '../platform/errors.ts';
import { authorize, type Caller, holds, scopeOf } from '../platform/policy.ts';
import { inventoryUnreadSince, listWaiting } from './attention.repository.ts';
import { readUsage } from './reports.repository.ts';
import { totalsBySite } from './reports.rules.ts';
import type { Attention, History, HistoryInput, Usage, UsageInput } from './reports.schema.ts';
import { readHistory, storeSnapshot } from './snapshots.repository.ts';

const LEVELS = { center, field, department, team };

/** Capacity, granted and used over the organisation, now and on earlier days, and what wants attention. */
export function createReportsService({ db }: { db: Db }) {
  return {
    /** Capacity, granted and used of the caller's part of the organisation, by node and summed up by site. */
    async usage(caller: Caller, { site }: UsageInput): Promise<Usage> {
      const items = await readUsage(db, scopeOf(caller, 'reports.read'), site);
      return { sites: totalsBySite(items), items };
    },

    /** What keeps projects of the caller's part of the organisation waiting, and is for somebody to mend. */
    async attention(caller: Caller): Promise<Attention> {
      return {
        waiting: await listWaiting(db, scopeOf(caller, 'reports.read')),
        inventory_unread_since: holds(caller, 'servers.sync') ? await inventoryUnreadSince(db) : null,
      };
    },

    /**
     * Capacity, granted and used by day and site: of one node, or summed up over the caller's part of the organisation.
     * @throws NotFoundError, ForbiddenError
     */
    async history(caller: Caller, { level, id, site, days }: HistoryInput): Promise<History> {
      if (level === undefined || id === undefined) {
        const scope = scopeOf(caller, 'reports.read');
        return { items: await readHistory(db, { scope, site, days }) };
      }
      const place = await LEVELS[level].findPlace(db, id);
      if (!place) throw new NotFoundError(level, id);
      authorize(caller, 'reports.read', place);
      const whose =
        level === 'center' ? { scope: { everything: true as const }, centerId: id } : { scope: subtreeOf(level, id) };
      return { items: await readHistory(db, { ...whose, site, days }) };
    },

    /** Keeps what every node has, gave away and sees used as today's snapshot; again on the same day, as it is then. */
    takeSnapshot: (): Promise<void> => storeSnapshot(db),
  };
}
