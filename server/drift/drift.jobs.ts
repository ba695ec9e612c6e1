import { randomUUID } from 'node:crypto';
import type { Db, Tx } from '../platform/database.ts';
import { enqueueJob } from '../platform/jobs.ts';

export const CHECK_TASK = 'drift.check';
export const MEND_TASK = 'drift.mend';

const HOUR = 3_600;

/** The next check of the schedule. One waits at a time, whoever enqueues it, so that one replica runs it. */
export const enqueueHourlyCheck = (db: Tx | Db): Promise<void> =>
  enqueueJob(db, { task: CHECK_TASK, key: CHECK_TASK, queue: CHECK_TASK, requestId: randomUUID(), runInSeconds: HOUR });

/** A check beside the schedule: after a start, after a mend, or when something could not be read. */
export const enqueueEarlyCheck = (db: Tx | Db, requestId: string, runInSeconds: number): Promise<void> =>
  enqueueJob(db, {
    task: CHECK_TASK,
    key: `${CHECK_TASK}:${runInSeconds}`,
    queue: CHECK_TASK,
    requestId,
    runInSeconds,
  });

/** Has what was asked to be mended carried on with. One job takes it all. */
export const enqueueMend = (db: Tx | Db, requestId: string, runInSeconds = 0): Promise<void> =>
  enqueueJob(db, { task: MEND_TASK, key: MEND_TASK, queue: MEND_TASK, requestId, runInSeconds });
