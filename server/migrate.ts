import { readConfig } from './platform/config.ts';
import { openDatabase } from './platform/database.ts';
import { createLog } from './platform/log.ts';
import { migrateDatabase } from './platform/migrate.ts';
import { secretsOf } from './platform/scrub.ts';

/** Brings the database to what this version needs: `npm run migrate`. Run it once before new replicas start. */
const config = readConfig();
const log = createLog(config.LOG_LEVEL, undefined, secretsOf(config));
const database = openDatabase({ url: config.DATABASE_URL, poolSize: 4, log });
try {
  await migrateDatabase(database);
  log.info('the database is up to date');
} finally {
  await database.close();
}
