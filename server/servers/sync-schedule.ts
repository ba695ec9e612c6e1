import { Cron } from 'croner';
import type { Clock } from '../platform/clock.ts';

type Options = { intervalMinutes: number; clock: Clock; tick: () => Promise<void> };

/** When this replica's syncs are due, and those that are under way. */
export function createSyncSchedule({ intervalMinutes, clock, tick }: Options) {
  let cron: Cron | undefined;
  const underWay = new Set<Promise<unknown>>();

  /** Makes `stop` wait for it. */
  async function tracked<T>(task: Promise<T>): Promise<T> {
    underWay.add(task);
    return task.finally(() => underWay.delete(task));
  }

  return {
    tracked,

    /** Undefined while the schedule is not started. */
    nextTick: (): Date | undefined => cron?.nextRun() ?? undefined,

    /** Starts the schedule. Its ticks are whole multiples of the interval, so all replicas tick together. */
    start(): void {
      const intervalMs = intervalMinutes * 60_000;
      const startAt = new Date(Math.floor(clock.now().getTime() / intervalMs) * intervalMs);
      cron = new Cron('* * * * * *', { interval: intervalMinutes * 60, startAt, timezone: 'UTC' }, () =>
        tracked(tick()),
      );
    },

    /** Ends the schedule and waits for what is under way. */
    async stop(): Promise<void> {
      cron?.stop();
      cron = undefined;
      await Promise.allSettled(underWay);
    },
  };
}
