import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Db, executePrepared, type Tx } from '../platform/database.ts';
import { enqueueJob } from '../platform/jobs.ts';

export const WRITE_TASK = 'provisioning.write';
export const WATCH_TASK = 'provisioning.watch';

/** How long a burst gathers before it is written as one commit. */
const GATHER_SECONDS = 0.3;

const answer = z.object({ rows: z.tuple([z.object({ is: z.boolean() })]) });

/**
 * Has the writer look for work soon. It takes all that waits, so one waiting job is enough for everybody: where there is
 * one, nothing is written, so that creates do not queue up for its row. That job may run before the caller's transaction
 * commits, which is why the writer asks `isMoreOnItsWay`; the caller has written its operation before it calls this.
 */
export async function enqueueWrite(tx: Tx | Db, requestId: string, runInSeconds = GATHER_SECONDS): Promise<void> {
  if (runInSeconds > 0 && (await isWriteWaiting(tx))) return;
  await enqueueJob(tx, { task: WRITE_TASK, key: WRITE_TASK, queue: WRITE_TASK, requestId, runInSeconds });
}

/** Whether a job that nobody has taken yet will write, and is not put off by failures. */
async function isWriteWaiting(tx: Tx | Db): Promise<boolean> {
  const waiting = sql`select exists (
    select from graphile_worker.jobs where key = ${WRITE_TASK} and locked_at is null and attempts = 0) as is`;
  return answer.parse(await executePrepared(tx, 'is_write_waiting', waiting)).rows[0].is;
}

/**
 * Whether a transaction that has written operations has not ended yet. Asked by the writer before it reads what waits:
 * if so, it has to look again, since such a transaction may have counted on just this look. One that writes its
 * operations later finds this job taken, and enqueues another.
 */
export async function isMoreOnItsWay(db: Db): Promise<boolean> {
  const locks = sql`select exists (
    select from pg_locks where relation = 'project_operations'::regclass and mode = 'RowExclusiveLock'
      and database = (select oid from pg_database where datname = current_database()) and pid <> pg_backend_pid()) as is`;
  return answer.parse(await db.execute(locks)).rows[0].is;
}

/** Has an application looked at: by default at once. */
export const enqueueWatch = (tx: Tx | Db, application: string, requestId: string, runInSeconds = 0): Promise<void> => {
  const key = `${WATCH_TASK}:${application}`;
  return enqueueJob(tx, { task: WATCH_TASK, key, queue: key, requestId, runInSeconds, payload: { application } });
};
