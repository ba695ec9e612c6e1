import type { Db, Tx } from '../platform/database.ts';
import { enqueueJob } from '../platform/jobs.ts';

export const WRITE_TASK = 'provisioning.write';
export const WATCH_TASK = 'provisioning.watch';

/** How long a burst gathers before it is written as one commit. */
const GATHER_SECONDS = 0.3;

/** Has the writer look for work soon. It takes all that waits, so one waiting job is enough for everybody. */
export const enqueueWrite = (tx: Tx | Db, requestId: string, runInSeconds = GATHER_SECONDS): Promise<void> =>
  enqueueJob(tx, { task: WRITE_TASK, key: WRITE_TASK, queue: WRITE_TASK, requestId, runInSeconds });

/** Has an application looked at: by default at once. */
export const enqueueWatch = (tx: Tx | Db, application: string, requestId: string, runInSeconds = 0): Promise<void> => {
  const key = `${WATCH_TASK}:${application}`;
  return enqueueJob(tx, { task: WATCH_TASK, key, queue: key, requestId, runInSeconds, payload: { application } });
};
