import { openDatabase } from './platform/database.ts';
import { createLog } from './platform/log.ts';
import { migrateDatabase } from './platform/migrate.ts';
import { ConfigError, readMigrationConfig } from './platform/read-config.ts';
import { secretsOf } from './platform/scrub.ts';
import { startProblem } from './platform/start-problem.ts';

/**
 * Brings the database to what this version needs: `npm run migrate`. Run it once before new replicas start. It reads
 * DATABASE_URL and LOG_LEVEL alone, and ends with 1 when it could not.
 */
try {
  const config = readMigrationConfig();
  const log = createLog(config.LOG_LEVEL, undefined, secretsOf(config));
  const database = openDatabase({ url: config.DATABASE_URL, poolSize: 4, log });
  try {
    const applied = await migrateDatabase(database);
    log.info({ applied }, applied.length > 0 ? 'the database was migrated' : 'the database was up to date');
  } catch (err) {
    const problem = startProblem(err, config);
    log.fatal(problem ? {} : { err }, `The database was not migrated${problem ? `: ${problem}` : ''}`);
    process.exitCode = 1;
  } finally {
    await database.close();
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`The database was not migrated: ${error.message}\n`);
  process.exitCode = 1;
}
