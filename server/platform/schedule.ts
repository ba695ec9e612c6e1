import { randomUUID } from 'node:crypto';
import type { Db } from './database.ts';
import { enqueueJob, type JobHandler } from './jobs.ts';

/** Work that recurs. It may be killed at any line and run again, or run early: it must come to the same end. */
export type Chore = { task: string; everyMinutes: number; work: () => Promise<void> };

/**
 * Has each chore done by whichever replica is free, by one at a time: once when a replica starts, then every so many
 * minutes after the last time. A chore that fails is tried again as any job is. It has the shape of what runs beside
 * requests.
 */
export function createSchedule(db: Db, chores: readonly Chore[]) {
  const enqueue = ({ task }: Chore, runInSeconds: number) =>
    enqueueJob(db, { task, key: task, queue: task, requestId: randomUUID(), runInSeconds });
  const handlerOf =
    (chore: Chore): JobHandler =>
    async () => {
      await chore.work();
      await enqueue(chore, chore.everyMinutes * 60);
    };

  return {
    /** For `createJobs`. */
    handlers: Object.fromEntries(chores.map((chore) => [chore.task, handlerOf(chore)])),

    async start(): Promise<void> {
      for (const chore of chores) await enqueue(chore, 0);
    },

    /** Nothing to stop: the jobs stop with the others. */
    stop(): void {},
  };
}
