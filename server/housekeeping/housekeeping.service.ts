import type { Db } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import { deleteOutlived, OUTLIVED } from './housekeeping.repository.ts';

const BATCH = 1_000;

/** Keeps tables from growing for ever. Audit events, the ledger and projects are kept. */
export function createHousekeeping({ db, log }: { db: Db; log: Log }) {
  async function sweepOne(outlived: (typeof OUTLIVED)[number]): Promise<number> {
    let [total, last] = [0, 0];
    do {
      last = await deleteOutlived(db, outlived, BATCH);
      total += last;
    } while (last === BATCH);
    return total;
  }

  return {
    /** Deletes what is older than it is kept, in short transactions, and logs how much of what it was. */
    async sweep(): Promise<void> {
      const swept: Record<string, number> = {};
      for (const outlived of OUTLIVED) swept[outlived.what] = await sweepOne(outlived);
      log.info({ swept }, 'deleted what is not kept any longer');
    },
  };
}
