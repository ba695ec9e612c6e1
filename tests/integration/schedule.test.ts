import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../server/platform/database.ts';
import { createJobs } from '../../server/platform/jobs.ts';
import { createLog } from '../../server/platform/log.ts';
import { createSchedule } from '../../server/platform/schedule.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  await database.db.execute(sql`delete from graphile_worker._private_jobs`);
});
afterAll(() => database.drop());

const log = createLog('silent');

/** A replica with this chore every 60 minutes, as `startReplica` starts one. */
async function startReplica(work: () => Promise<void>): Promise<void> {
  const own = openDatabase({ url: database.url, poolSize: 6, log });
  const schedule = createSchedule(own.db, [{ task: 'chore', everyMinutes: 60, work }]);
  const jobs = createJobs({ ...own, log, handlers: schedule.handlers });
  await schedule.start();
  await jobs.start();
  stops.push(async () => {
    await jobs.stop();
    await own.close();
  });
}

/** The jobs that are there, and in how many minutes each is due. */
async function waiting(): Promise<unknown[]> {
  const { rows } = await database.db.execute<{ task: string; minutes: number }>(sql`
    select task_identifier as task, ceil(extract(epoch from run_at - now()) / 60)::int as minutes
    from graphile_worker.jobs where locked_by is null`);
  return rows;
}
const untilDone = () => expect.poll(waiting, { timeout: 10_000 }).toEqual([{ task: 'chore', minutes: 60 }]);

/** As if the next time had come. */
const letTimePass = () =>
  database.db.execute(sql`
  update graphile_worker._private_jobs set run_at = now() where locked_by is null`);

test('a chore is done when a replica starts, and is due again after its time', async () => {
  let times = 0;
  await startReplica(async () => void times++);
  await untilDone();
  expect(times).toBe(1);
});

test('when its time has come, one of the replicas does it', async () => {
  let times = 0;
  let atWork = 0;
  let mostAtWork = 0;
  const work = async () => {
    times++;
    mostAtWork = Math.max(mostAtWork, ++atWork);
    await database.db.execute(sql`select pg_sleep(0.05)`);
    atWork--;
  };
  await startReplica(work);
  await untilDone();
  await Promise.all([startReplica(work), startReplica(work), startReplica(work)]);
  await untilDone();
  const before = times;
  await letTimePass();
  await expect.poll(() => times, { timeout: 10_000 }).toBe(before + 1);
  await untilDone();
  expect(times).toBe(before + 1);
  expect(mostAtWork).toBe(1);
});

test('one that fails is tried again, and goes on after it succeeded', async () => {
  let times = 0;
  await startReplica(async () => {
    if (++times === 1) throw new Error('no luck');
  });
  const failed = async () =>
    (await database.db.execute(sql`select last_error from graphile_worker.jobs where last_error is not null`)).rows;
  await expect.poll(failed, { timeout: 10_000 }).toHaveLength(1);
  await letTimePass();
  await untilDone();
  expect(times).toBe(2);
  expect(await failed()).toEqual([]);
});

test('a time that passed while no replica was alive is made up for by the next, once', async () => {
  let times = 0;
  const work = async () => void times++;
  await startReplica(work);
  await untilDone();
  await Promise.all(stops.splice(0).map((stop) => stop()));
  await letTimePass();
  await startReplica(work);
  await untilDone();
  expect(times).toBe(2);
});
