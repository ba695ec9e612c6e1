import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createJobs, enqueueJob, type JobHandler } from '../../server/platform/jobs.ts';
import { createLog } from '../../server/platform/log.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const startReplica = async (work: JobHandler, concurrency = 4) => {
  const jobs = createJobs({ ...database, log: createLog('silent'), handlers: { work }, concurrency });
  await jobs.start();
  return jobs;
};

/** One whose heart never beats again, and whose only worker is at what `work` does: it can take nothing else. */
async function startReplicaThatDies(work: JobHandler) {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  try {
    return await startReplica(work, 1);
  } finally {
    vi.useRealTimers();
  }
}

/** As if nothing had been heard of any replica for a minute. */
async function silence(): Promise<void> {
  await database.db.execute(sql`update replicas set seen_at = seen_at - interval '1 minute'`);
  await database.db.execute(sql`
    update graphile_worker._private_jobs set locked_at = locked_at - interval '1 minute' where locked_by is not null`);
}

test('what a replica was at when it died is done by another, also where jobs go one at a time', async () => {
  const begun = Promise.withResolvers<void>();
  const awake = Promise.withResolvers<void>();
  const dead = await startReplicaThatDies(async () => {
    begun.resolve();
    await awake.promise;
  });
  await enqueueJob(database.db, { task: 'work', queue: 'one at a time', requestId: randomUUID() });
  await begun.promise;
  await silence();

  const done = Promise.withResolvers<string>();
  const alive = await startReplica(async ({ request_id }) => done.resolve(request_id));
  expect(await done.promise).toMatch(/^[0-9a-f-]{36}$/);
  awake.resolve();
  await Promise.all([dead.stop(), alive.stop()]);
});

test('what a replica that reports is at is left to it, however long it takes', async () => {
  const begun = Promise.withResolvers<void>();
  const awake = Promise.withResolvers<void>();
  let times = 0;
  const work = async () => {
    times++;
    begun.resolve();
    await awake.promise;
  };
  const busy = await startReplica(work);
  await enqueueJob(database.db, { task: 'work', requestId: randomUUID() });
  await begun.promise;
  await database.db.execute(sql`
    update graphile_worker._private_jobs set locked_at = locked_at - interval '1 hour' where locked_by is not null`);
  const other = await startReplica(work);
  const { rows } = await database.db.execute(sql`select locked_by is not null as held from graphile_worker.jobs`);
  expect(rows).toEqual([{ held: true }]);
  awake.resolve();
  await Promise.all([busy.stop(), other.stop()]);
  expect(times).toBe(1);
});
