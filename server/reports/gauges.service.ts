import { type Database, inBackground } from '../platform/database.ts';
import type { Sample } from '../platform/metrics-replica.ts';
import { isMigrated } from '../platform/migrate.ts';
import * as gauges from './gauges.repository.ts';
import {
  driftSamples,
  jobSamples,
  operationSamples,
  projectSamples,
  serverSamples,
  siteSamples,
  syncSamples,
} from './gauges.rules.ts';

/** What the database tells Prometheus, for whoever may scrape: sums and counts, and no names but those of sites. */
export function createGaugesService(database: Database) {
  return {
    /** Every sample of `GAUGES`, over one connection; where a migration is missing, only that it is. */
    async read(): Promise<Sample[]> {
      const name = 'infrahub_database_migrated';
      if (!(await isMigrated(database))) return [{ name, labels: {}, value: 0 }];
      const samples = await inBackground(database.db, async (tx) => [
        ...projectSamples(await gauges.countProjects(tx)),
        ...operationSamples(await gauges.countOpenOperations(tx), await gauges.countWaiting(tx)),
        ...jobSamples(await gauges.countJobs(tx)),
        ...serverSamples(await gauges.countServers(tx)),
        ...siteSamples(await gauges.readSites(tx)),
        ...syncSamples(await gauges.readLastSync(tx), await gauges.readLastGoodSync(tx)),
        ...driftSamples(await gauges.readLastDriftCheck(tx), await gauges.countDrift(tx)),
      ]);
      return [{ name, labels: {}, value: 1 }, ...samples];
    },
  };
}
