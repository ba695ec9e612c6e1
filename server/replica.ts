import { systemClock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import { type Database, openDatabase, pingDatabase } from './platform/database.ts';
import { createApp } from './platform/http.ts';
import { createJobs, type Jobs } from './platform/jobs.ts';
import { listen } from './platform/listen.ts';
import type { Log } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import { isMigrated } from './platform/migrate.ts';
import { type ReadinessCheck, readinessApp } from './platform/readiness.ts';
import { scrapeApp } from './platform/scrape.ts';
import { StartError } from './platform/start-problem.ts';
import { startTracing } from './platform/tracing.ts';
import { loadPortal, PORTAL_ASSETS } from './portal.ts';
import type { Provisioning } from './provisioning/provisioning.service.ts';
import { appRouter } from './router.ts';
import { createServices, type Services } from './services.ts';

export type Replica = {
  port: number;
  /**
   * Is not ready any more, serves on until the balancer knows, finishes what is in flight, gives its jobs back, and closes
   * every connection. A part that fails is logged and keeps no other from ending; answers whether all ended well.
   */
  stop(): Promise<boolean>;
};

/**
 * Starts one replica: database, rooms, jobs and schedule, then HTTP, so that it listens only when it can work.
 * @throws when the database cannot be reached or lacks a migration, or when the port is taken.
 */
export async function startReplica(config: Config, log: Log): Promise<Replica> {
  const stopTracing = await startTracing(config, log);
  const database = openDatabase({ url: config.DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE, log });
  if (!(await isMigrated(database)))
    throw new StartError('The database lacks migrations. Run `npm run migrate` first.');

  const metrics = createMetrics();
  const { services, provisioning, handlers, background, gauges, close } = await createServices({
    config,
    database,
    clock: systemClock,
    log,
    metrics,
  });
  const jobs = createJobs({ ...database, log, handlers });
  metrics.watch({ ...gauges, pool: database.pool, poolSize: config.DATABASE_POOL_SIZE, isWorking: jobs.isHealthy });
  let isStopping = false;
  const serving = async () => (isStopping ? 'This replica is stopping' : undefined);
  const readiness = [
    { name: 'serving', blocks: true, problem: serving },
    ...readinessOf(database, { jobs, provisioning, drift: services.drift }),
  ];
  const app = createApp({
    router: appRouter,
    services,
    authenticate: services.auth.authenticate,
    pages: await loadPortal(),
    assets: PORTAL_ASSETS,
    corsOrigins: config.CORS_ORIGINS,
    trustedProxies: config.TRUST_PROXY,
    readiness,
    metrics,
    scrapedHere: config.METRICS_PORT === undefined,
    log,
  });

  for (const part of background) await part.start();
  await jobs.start();
  const server = await listen(app, config.HOST, config.PORT);
  const forOperators = () => scrapeApp(metrics).route('/', readinessApp(readiness, { tellsReasons: true }));
  const scraped =
    config.METRICS_PORT === undefined ? undefined : await listen(forOperators(), config.HOST, config.METRICS_PORT);
  log.info({ port: server.port, ...(scraped && { metrics_port: scraped.port }) }, 'listening');
  return {
    port: server.port,
    async stop() {
      isStopping = true;
      let isWell = true;
      const end = async (part: string, ending: () => void | Promise<void>) => {
        try {
          await ending();
        } catch (err) {
          isWell = false;
          log.error({ err, part }, 'a part of this replica did not end well');
        }
      };
      const endServing = async () => {
        await end('requests', () => server.drain(config.DRAIN_SECONDS * 1_000));
        const parts = background.map((part) => end('background', () => part.stop()));
        await Promise.all([end('requests', server.close), end('metrics', () => scraped?.close()), ...parts]);
      };
      await Promise.all([end('jobs', jobs.stop), endServing()]);
      await end('git', close);
      await end('database', database.close);
      await end('tracing', stopTracing);
      return isWell;
    },
  };
}

type Watched = { jobs: Jobs; provisioning: Provisioning; drift: Pick<Services['drift'], 'unreadable'> };

function readinessOf(database: Database, { jobs, provisioning, drift }: Watched): ReadinessCheck[] {
  const migrated = async () => ((await isMigrated(database)) ? undefined : 'Migrations are missing: npm run migrate');
  const waiting = async () => {
    const problems = await provisioning.problems();
    const waits = (projects: number) => (projects === 1 ? '1 project waits' : `${projects} projects wait`);
    return problems.map((p) => `${waits(p.projects)} since ${p.since}: ${p.reason}`).join(' ') || undefined;
  };
  const outside = async () => {
    const unread = await drift.unreadable();
    return unread.map(({ name, reason }) => `${name}: ${reason}`).join(' ') || undefined;
  };
  const orUnknown = (check: () => Promise<string | undefined>) => () =>
    check().catch(() => 'PostgreSQL does not answer');
  return [
    { name: 'database', blocks: true, problem: orUnknown(() => pingDatabase(database.db).then(() => undefined)) },
    { name: 'migrations', blocks: true, problem: orUnknown(migrated) },
    { name: 'worker', blocks: true, problem: async () => (jobs.isHealthy() ? undefined : 'The job worker is silent') },
    { name: 'provisioning', blocks: false, problem: orUnknown(waiting) },
    { name: 'outside', blocks: false, problem: orUnknown(outside) },
  ];
}
