import { and, eq, type SQL, sql } from 'drizzle-orm';
import type pg from 'pg';
import { z } from 'zod';
import { type QuarantinedRow, servers, syncRuns } from '../../db/schema/index.ts';
import type { Executor, Tx } from '../platform/database.ts';
import { keyset } from '../platform/paging.ts';
import type { Page, PerformanceTier } from '../platform/schema.ts';
import type { ListSyncRuns, SyncRun } from './servers.schema.ts';

/**
 * Takes the one lock that says who syncs, across all replicas; answers how to give it back, or undefined while somebody
 * else has it. It lives on a connection of its own, so it ends with the process or the connection at the latest.
 */
export async function takeSyncLock(pool: pg.Pool): Promise<(() => Promise<void>) | undefined> {
  const client = await pool.connect();
  const unheard = () => {}; // a lock that is lost shows when the run ends: `finishRun` answers nothing then
  client.on('error', unheard);
  const release = (isBroken: boolean) => {
    client.off('error', unheard);
    client.release(isBroken);
  };
  const giveBack = () =>
    client.query('select pg_advisory_unlock_all()').then(
      () => release(false),
      () => release(true),
    );
  try {
    const { rows } = await client.query("select pg_try_advisory_lock(hashtext('infrahub.sync')) as mine");
    if (rows[0]?.mine === true) return giveBack;
  } catch (error) {
    release(true);
    throw error;
  }
  release(false);
  return undefined;
}

const columns = {
  id: syncRuns.id,
  trigger: syncRuns.trigger,
  requested_by: syncRuns.requestedBy,
  outcome: syncRuns.outcome,
  synced: syncRuns.synced,
  updated: syncRuns.updated,
  added: syncRuns.added,
  marked_offline: syncRuns.markedOffline,
  withheld_offline: syncRuns.withheldOffline,
  quarantined: syncRuns.quarantined,
  quarantined_rows: syncRuns.quarantinedRows,
  error: syncRuns.error,
  confirmed_at: syncRuns.confirmedAt,
  confirmed_by: syncRuns.confirmedBy,
  started_at: syncRuns.startedAt,
  needs_confirmation: sql<boolean>`(sync_runs.outcome = 'withheld' and not exists (
    select from ${syncRuns} later
    where later.started_at > sync_runs.started_at and later.outcome in ('succeeded', 'withheld')))`,
  finished_at: syncRuns.finishedAt,
  duration_ms: syncRuns.durationMs,
};

/** Undefined if there is no such run. */
export async function findRun(db: Executor, id: string): Promise<SyncRun | undefined> {
  const [run] = await db.select(columns).from(syncRuns).where(eq(syncRuns.id, id));
  return run;
}

/** The run that goes on, on whichever replica; undefined if none does. */
export async function findRunningRun(db: Executor): Promise<SyncRun | undefined> {
  const [run] = await db.select(columns).from(syncRuns).where(eq(syncRuns.outcome, 'running'));
  return run;
}

/** Whether the schedule ran, on whichever replica, within the last so many seconds. */
export async function hasRunOnSchedule(db: Executor, withinSeconds: number): Promise<boolean> {
  const recent = and(
    eq(syncRuns.trigger, 'schedule'),
    sql`${syncRuns.startedAt} > now() - make_interval(secs => ${withinSeconds})`,
  );
  return (await db.select({ id: syncRuns.id }).from(syncRuns).where(recent).limit(1)).length > 0;
}

/** Newest first, unless asked otherwise. */
export async function listRuns(db: Executor, filter: ListSyncRuns): Promise<Page<SyncRun>> {
  const { direction = 'desc', cursor, limit, outcome } = filter;
  const column = syncRuns.startedAt;
  const page = keyset({ sort: 'started_at', column, idColumn: syncRuns.id, direction, cursor, limit });
  const rows = await db
    .select(columns)
    .from(syncRuns)
    .where(and(outcome === undefined ? undefined : eq(syncRuns.outcome, outcome), page.where))
    .orderBy(...page.orderBy)
    .limit(page.fetch);
  return page.page(rows, (row) => row.started_at);
}

/** Ends, as failed, the runs whose process is gone: whoever calls this holds the lock, so nobody is running them. */
export async function failStoppedRuns(db: Executor, error: string): Promise<string[]> {
  const stopped = await db
    .update(syncRuns)
    .set({ outcome: 'failed', error, finishedAt: sql`clock_timestamp()` })
    .where(eq(syncRuns.outcome, 'running'))
    .returning({ id: syncRuns.id });
  return stopped.map(({ id }) => id);
}

type NewRun = { trigger: SyncRun['trigger']; requestedBy: string; requestId: string };

/** Begins a run and answers its id. */
export async function insertRun(db: Executor, run: NewRun): Promise<string> {
  const [row] = await db
    .insert(syncRuns)
    .values({ ...run, outcome: 'running' })
    .returning({ id: syncRuns.id });
  if (!row) throw new Error('the insert of a sync run answered no row');
  return row.id;
}

export type RunResult = {
  outcome: 'succeeded' | 'withheld' | 'failed';
  synced: number;
  updated: number;
  added: number;
  markedOffline: number;
  withheldOffline: number;
  quarantined: number;
  quarantinedRows: QuarantinedRow[];
  error: string | null;
};

/** Ends a run that is still running; undefined if it was ended meanwhile, as if its process were gone. */
export async function finishRun(tx: Tx, id: string, result: RunResult): Promise<SyncRun | undefined> {
  const [run] = await tx
    .update(syncRuns)
    .set({
      ...result,
      finishedAt: sql`clock_timestamp()`,
      durationMs: sql`(extract(epoch from clock_timestamp() - ${syncRuns.startedAt}) * 1000)::int`,
    })
    .where(and(eq(syncRuns.id, id), eq(syncRuns.outcome, 'running')))
    .returning(columns);
  return run;
}

/** Notes on a withheld run that somebody let its servers be marked offline. */
export async function markConfirmed(tx: Tx, id: string, by: string): Promise<void> {
  await tx.update(syncRuns).set({ confirmedAt: sql`now()`, confirmedBy: by }).where(eq(syncRuns.id, id));
}

/** The answer as columns, each name once; `kept` are names that stay as they are. */
export type Fleet = {
  servers: { name: string; site: string; cpu: number; ramGb: number; performanceTier: PerformanceTier }[];
  kept: string[];
};

const texts = (values: string[]) => sql`${sql.param(values)}::text[]`;
const integers = (values: number[]) => sql`${sql.param(values)}::int[]`;
const names = (fleet: Fleet) => texts([...fleet.servers.map(({ name }) => name), ...fleet.kept]);

const applied = z.object({ added: z.number(), changed: z.number(), online: z.number(), vanished: z.number() });

/** What the answer did; `online` servers there were before, and `vanished` of these are not named in it. */
type Applied = z.infer<typeof applied>;

/**
 * Brings the table to what the answer names, in one statement: new servers are added, different ones updated. What is
 * the same is neither written nor locked. Rows are locked in id order, like everywhere, and the vanished ones with them,
 * so that marking them offline afterwards keeps that order.
 */
export async function applyFleet(tx: Tx, fleet: Fleet): Promise<Applied> {
  const { rows } = await tx.execute(sql`
    with answer as (
      select * from unnest(
        ${texts(fleet.servers.map((s) => s.name))}, ${texts(fleet.servers.map((s) => s.site))},
        ${integers(fleet.servers.map((s) => s.cpu))}, ${integers(fleet.servers.map((s) => s.ramGb))},
        ${texts(fleet.servers.map((s) => s.performanceTier))}
      ) as a(name, site, cpu, ram_gb, performance_tier)
    ), affected as (
      select s.id, a.* from ${servers} s left join answer a on a.name = s.name
      where case when a.name is null
        then s.status = 'online' and s.name <> all(${texts(fleet.kept)})
        else (s.site, s.cpu, s.ram_gb, s.performance_tier, s.status)
          is distinct from (a.site, a.cpu, a.ram_gb, a.performance_tier, 'online') end
      order by s.id for no key update of s
    ), different as (
      update ${servers} s set site = a.site, cpu = a.cpu, ram_gb = a.ram_gb, performance_tier = a.performance_tier,
        status = 'online', updated_at = now()
      from affected a where s.id = a.id and a.name is not null
      returning s.id
    ), added as (
      insert into ${servers} (name, site, cpu, ram_gb, performance_tier, status)
      select a.name, a.site, a.cpu, a.ram_gb, a.performance_tier, 'online' from answer a
      where not exists (select from ${servers} s where s.name = a.name)
      returning id
    )
    select (select count(*) from added)::int as added, (select count(*) from different)::int as changed,
      (select count(*) from ${servers} where status = 'online')::int as online,
      (select count(*) from affected where name is null)::int as vanished`);
  return applied.parse(rows[0]);
}

/**
 * Marks the servers offline that the answer does not name, after it was applied; answers how many. Such a server was
 * last seen by the last run that succeeded.
 */
export async function markVanishedOffline(tx: Tx, fleet: Fleet): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    update ${servers} s set status = 'offline', last_seen_at = greatest(s.last_seen_at, ${lastSuccess}), updated_at = now()
    where s.status = 'online' and not exists (select from unnest(${names(fleet)}) n(name) where n.name = s.name)`);
  return rowCount ?? 0;
}

const lastSuccess: SQL = sql`(
  select max(${syncRuns.startedAt}) from ${syncRuns} where ${syncRuns.outcome} = 'succeeded')`;

/** Stores that the answer named these servers, for a run after which "online" does not imply it. */
export async function storeSightings(tx: Tx, fleet: Fleet, runId: string): Promise<void> {
  await tx.execute(sql`
    with seen as (
      select s.id from ${servers} s join unnest(${names(fleet)}) n(name) on n.name = s.name
      where s.status = 'online' order by s.id for no key update of s
    )
    update ${servers} s set last_seen_at = r.started_at
    from seen, ${syncRuns} r
    where s.id = seen.id and r.id = ${runId}`);
}
