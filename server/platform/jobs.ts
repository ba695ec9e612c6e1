import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { Logger, type RunnerOptions, run, runMigrations, type Task, type WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import { z } from 'zod';
import { replicas } from '../../db/schema/index.ts';
import type { Db, Tx } from './database.ts';
import { type Log, withLogContext } from './log.ts';
import { inSpan, traceparent } from './tracing.ts';

/** Every payload carries the id of the request that caused the job. */
const payloadShape = z.looseObject({ request_id: z.uuid(), traceparent: z.string().optional() });
export type JobPayload = z.infer<typeof payloadShape>;

/** What one kind of job does. It may be killed at any line and run again: it must come to the same end. */
export type JobHandler = (payload: JobPayload) => Promise<void>;

type JobSpec = {
  task: string;
  requestId: string;
  /** Of jobs with the same key, only the last waits; one that already runs is followed by another. */
  key?: string;
  /** Jobs of one queue run one at a time, across all replicas. */
  queue?: string;
  /** Not before then, but a job with the same key that waits already is not put off by it. */
  runInSeconds?: number;
  payload?: Record<string, unknown>;
};

const added = z.object({ rows: z.tuple([z.object({ id: z.string().nullable() })]) });

/** Enqueues a job in the caller's transaction: it exists if and only if that commits. */
export async function enqueueJob(tx: Tx | Db, spec: JobSpec): Promise<void> {
  const payload = JSON.stringify({ ...spec.payload, request_id: spec.requestId, traceparent: traceparent() });
  const addJob = sql`select id::text from graphile_worker.add_job(
    ${spec.task}, payload => ${payload}::json, queue_name => ${spec.queue ?? null}, job_key => ${spec.key ?? null},
    run_at => now() + make_interval(secs => ${spec.runInSeconds ?? 0}), max_attempts => 1000,
    job_key_mode => ${spec.runInSeconds ? 'preserve_run_at' : 'replace'})`;
  // No id: the job with this key was taken by a worker in just that moment, and another is to follow it.
  while (added.parse(await tx.execute(addJob)).rows[0].id === null);
}

const HEARTBEAT_MS = 5_000;
const DEAD_AFTER_SECONDS = 20;
const RESTART_MS = 1_000;

type JobsOptions = { pool: pg.Pool; db: Db; log: Log; handlers: Record<string, JobHandler>; concurrency?: number };

/**
 * Runs jobs on this replica. A replica that dies without a word keeps its jobs locked; its heartbeat in `replicas`
 * stops, and whichever replica notices first gives the jobs back.
 */
export function createJobs({ pool, db, log, handlers, concurrency = 4 }: JobsOptions) {
  const replicaId = randomUUID();
  const taskList = wrap(handlers, log);
  let workers: Workers | undefined;
  let isStopping = false;
  let timer: NodeJS.Timeout | undefined;
  let lastBeat = 0;

  async function beat(): Promise<void> {
    try {
      await heartbeat(db, replicaId, workers ? [workers.poolId()] : []);
      const released = await releaseJobsOfTheDead(db);
      if (released > 0) log.warn({ jobs: released }, 'gave back jobs that nobody was at any more');
      lastBeat = performance.now();
      if (workers && (await holdsWhatItDoesNot(db, workers))) await workers.stop();
    } catch (err) {
      log.warn({ err }, 'the heartbeat of this replica failed');
    }
  }

  const startWorkers = () => runWorkers({ pgPool: pool, taskList, concurrency, logger: quietLogger(log) });

  /** Has new workers take the place of those that end although nobody stops this replica. */
  async function keepWorking(first: Workers): Promise<void> {
    for (workers = first; ; ) {
      await workers.ended;
      for (workers = undefined; !workers; ) {
        if (isStopping) return;
        log.warn('the job workers have ended, as when the database goes away, and are started again');
        await sleep(RESTART_MS);
        workers = await startWorkers().catch((err) => void log.warn({ err }, 'the job workers could not be started'));
      }
      if (isStopping) await workers.stop();
    }
  }
  let working: Promise<void> | undefined;

  return {
    async start(): Promise<void> {
      await beat();
      working = keepWorking(await startWorkers());
      await beat();
      timer = setInterval(() => void beat(), HEARTBEAT_MS);
    },
    /** Lets running jobs finish and takes no new ones. */
    async stop(): Promise<void> {
      isStopping = true;
      await workers?.stop();
      await working;
      clearInterval(timer);
      await db.delete(replicas).where(sql`${replicas.id} = ${replicaId}`);
    },
    isHealthy: (): boolean => workers !== undefined && performance.now() - lastBeat < 4 * HEARTBEAT_MS,
  };
}

export type Jobs = ReturnType<typeof createJobs>;

/** Creates or upgrades graphile-worker's own tables. */
export const migrateJobs = (pool: pg.Pool): Promise<void> => runMigrations({ pgPool: pool });

type Workers = {
  /** What its jobs are locked by: the pool that took them, not the worker. */
  poolId(): string;
  /** The jobs that it is really at. */
  running: ReadonlySet<string>;
  /** Resolves when it works no more, for whatever reason. */
  ended: Promise<void>;
  stop(): Promise<void>;
};

/** Starts a pool of workers. It ends by itself when it cannot note the end of a job. */
async function runWorkers(options: RunnerOptions): Promise<Workers> {
  let poolId = '';
  const running = new Set<string>();
  const events: WorkerEvents = new EventEmitter();
  events.on('pool:create', ({ workerPool }) => (poolId = workerPool.id));
  events.on('job:start', ({ job }) => running.add(job.id));
  events.on('job:complete', ({ job }) => running.delete(job.id));
  // Without its batches, graphile-worker leaves the failure of these to the process, which then ends.
  const preset = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } };
  const runner = await run({ ...options, preset, events, pollInterval: 1_000, noHandleSignals: true });
  const ended = runner.promise.catch(() => undefined);
  // It objects to be stopped when it has ended already.
  return { poolId: () => poolId, running, ended, stop: () => runner.stop().catch(() => undefined) };
}

const held = z.object({ rows: z.array(z.object({ id: z.string() })) });

/** Whether workers hold a job that they do not know of: its way to them was cut after the database had given it. */
async function holdsWhatItDoesNot(db: Db, { poolId, running }: Workers): Promise<boolean> {
  const mine = sql`select id::text from graphile_worker.jobs
    where locked_by = ${poolId()} and locked_at < now() - make_interval(secs => ${DEAD_AFTER_SECONDS})`;
  return held.parse(await db.execute(mine)).rows.some(({ id }) => !running.has(id));
}

async function heartbeat(db: Db, id: string, poolIds: string[]): Promise<void> {
  await db
    .insert(replicas)
    .values({ id, workerIds: poolIds })
    .onConflictDoUpdate({ target: replicas.id, set: { workerIds: poolIds, seenAt: sql`now()` } });
}

const given = z.object({ rows: z.tuple([z.object({ jobs: z.coerce.number() })]) });

/** Gives back the jobs that are held by nobody who reports, and answers how many those were. */
async function releaseJobsOfTheDead(db: Db): Promise<number> {
  const longAgo = sql`now() - make_interval(secs => ${DEAD_AFTER_SECONDS})`;
  return db.transaction(async (tx) => {
    await tx.delete(replicas).where(sql`${replicas.seenAt} < ${longAgo}`);
    // Whoever has just taken a job may not have reported yet.
    const release = sql`
      with orphans as (
        select locked_by from graphile_worker.jobs
        where locked_at < ${longAgo} and locked_by <> all (select unnest(worker_ids) from ${replicas}))
      select count(*) as jobs, graphile_worker.force_unlock_workers(coalesce(array_agg(locked_by), '{}')) from orphans`;
    return given.parse(await tx.execute(release)).rows[0].jobs;
  });
}

function wrap(handlers: Record<string, JobHandler>, log: Log) {
  const wrapped =
    (task: string, handler: JobHandler): Task =>
    async (raw, { job: { id: job_id } }) => {
      const payload = payloadShape.parse(raw);
      const { request_id } = payload;
      const attributes = { 'infrahub.job': task, 'infrahub.job_id': job_id, 'infrahub.request_id': request_id };
      const span = { name: task, kind: 'consumer', isRoot: true, cause: payload.traceparent, attributes } as const;
      await withLogContext({ request_id, job: task, job_id }, () =>
        inSpan(span, async () => {
          const started = performance.now();
          try {
            await handler(payload);
            log.debug({ ms: Math.round(performance.now() - started) }, 'a job is done');
          } catch (err) {
            log.error({ err }, 'a job failed and will be tried again');
            throw err;
          }
        }),
      );
    };
  return Object.fromEntries(Object.entries(handlers).map(([task, handler]) => [task, wrapped(task, handler)]));
}

/** Failures are logged above, with their request; of the library's own lines only warnings and errors matter. */
function quietLogger(log: Log): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error' && /^Failed task/.test(message)) return;
    if (level === 'error' || level === 'warning') log.warn({ library: 'graphile-worker' }, message);
  });
}
