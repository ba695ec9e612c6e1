import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { createJobs } from '../../server/platform/jobs.ts';
import { createLog } from '../../server/platform/log.ts';
import { type DriftWorld, driftWorld } from '../factories/drift.ts';

const worlds: DriftWorld[] = [];
async function world(): Promise<DriftWorld> {
  const made = await driftWorld();
  worlds.push(made);
  return made;
}
afterEach(() => Promise.all(worlds.splice(0).map((made) => made.drop())));

/** The waiting jobs of drift, with the minutes until each. */
const jobsOf = async ({ db }: DriftWorld) => {
  const { rows } = await db.execute<{ key: string; minutes: number }>(sql`
    select key, round(extract(epoch from run_at - now()) / 60)::int as minutes from graphile_worker.jobs
    where key like 'drift.%' order by run_at, key`);
  return rows.map(({ key, minutes }) => [key, minutes]);
};
/** The lines that the log has of this level, parsed. */
const logged = ({ lines }: DriftWorld, level: string) =>
  lines.map((line) => JSON.parse(line)).filter((line) => line.level === level);

test('however many replicas start, one check waits; after it the next comes in an hour', async () => {
  const w = await world();
  await Promise.all(Array.from({ length: 5 }, () => w.driftReplica().start()));
  expect(await jobsOf(w)).toEqual([
    ['drift.check:10', 0],
    ['drift.mend', 0],
  ]);
  await w.db.execute(sql`delete from graphile_worker._private_jobs`);
  await Promise.all([w.runCheck(), w.runCheck()]);
  expect(await jobsOf(w)).toEqual([['drift.check', 60]]);
});

test('what could not be read is looked at again in a minute', async () => {
  const w = await world();
  w.cluster.behave({ status: 500 });
  await w.runCheck();
  expect(await jobsOf(w)).toEqual([
    ['drift.check:60', 1],
    ['drift.check', 60],
  ]);
  expect(logged(w, 'warn')).toMatchObject([{ unreadable: [{ name: 'tenants' }] }]);
});

test('a scheduled check that finds something raises an alarm, once for all of it, and mends nothing', async () => {
  const w = await world();
  await w.active();
  await w.runCheck();
  expect(logged(w, 'error')).toEqual([]);
  await w.db.execute(sql`update team_quota_allocations set cpu_used = 9, ram_gb_used = 9`);
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  const head = w.remote.head();
  await w.runCheck();
  expect(logged(w, 'error')).toMatchObject([
    { alarm: 'drift', findings: { project_without_entry: 1, quota_counter: 2 } },
  ]);
  expect(await jobsOf(w)).toEqual([['drift.check', 60]]);
  expect(w.remote.head()).toBe(head);
  expect(await w.report()).toMatchObject({
    total: 3,
    findings: [{ mending: null }, { mending: null }, { mending: null }],
  });
});

test('by its jobs alone a mend is carried out and looked at afterwards', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  const finding = await w.only('project_without_entry');
  const jobs = createJobs({ ...w.database, log: createLog('silent'), handlers: w.drift.handlers });
  await jobs.start();
  try {
    await w.mend(finding.id);
    await expect.poll(async () => (await w.report()).findings[0]?.mending?.done, { timeout: 10_000 }).toBe(true);
    await w.db.execute(sql`update graphile_worker._private_jobs set run_at = now() where key = 'drift.check:10'`);
    await expect.poll(async () => (await w.report()).total, { timeout: 10_000 }).toBe(0);
  } finally {
    await jobs.stop();
  }
});

test('a mend that has to wait is tried again soon', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  await w.mend((await w.only('project_without_entry')).id);
  await w.db.execute(sql`delete from graphile_worker._private_jobs`);
  w.cluster.behave({ status: 500 });
  await w.runMend();
  expect(await jobsOf(w)).toEqual([['drift.mend', 0]]);
  w.cluster.behave({ status: null });
  await w.db.execute(sql`delete from graphile_worker._private_jobs`);
  await w.runMend();
  expect(await jobsOf(w)).toEqual([['drift.check:10', 0]]);
});

test('a mend that a dead replica left is carried on after a start', async () => {
  const w = await world();
  await w.active();
  w.remote.commitAsRival('values.yaml', 'namespaces:\n');
  await w.mend((await w.only('project_without_entry')).id);
  await w.db.execute(sql`delete from graphile_worker._private_jobs`);
  await w.driftReplica().start();
  expect(await jobsOf(w)).toContainEqual(['drift.mend', 0]);
});
