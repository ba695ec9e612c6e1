import { sql } from 'drizzle-orm';
import { driftChecks, projectOperations, projects, servers, syncRuns } from '../../db/schema/index.ts';
import { sharesWithin } from '../org/shares.repository.ts';
import type { Executor } from '../platform/database.ts';
import { lastGoodSync } from './last-sync.repository.ts';

const OPEN = sql`state not in ('succeeded', 'failed')`;
const ageOf = (moment: ReturnType<typeof sql>) => sql`extract(epoch from now() - ${moment})::float8`;

export type ProjectCount = { status: string; count: number };

export async function countProjects(db: Executor): Promise<ProjectCount[]> {
  const { rows } = await db.execute<ProjectCount>(
    sql`select status, count(*)::int as count from ${projects} group by status`,
  );
  return rows;
}

export type OpenOperations = { kind: string; count: number; oldest_seconds: number };

/** Operations that have not come to their end. */
export async function countOpenOperations(db: Executor): Promise<OpenOperations[]> {
  const { rows } = await db.execute<OpenOperations>(sql`
    select kind, count(*)::int as count, ${ageOf(sql`min(created_at)`)} as oldest_seconds
    from ${projectOperations} where ${OPEN} group by kind`);
  return rows;
}

export type WaitCount = { waiting_for: string; count: number; longest_seconds: number };

/** What open operations wait for outside, and how long the longest has. */
export async function countWaiting(db: Executor): Promise<WaitCount[]> {
  const { rows } = await db.execute<WaitCount>(sql`
    select waiting_for, count(*)::int as count, ${ageOf(sql`min(waiting_since)`)} as longest_seconds
    from ${projectOperations} where ${OPEN} and waiting_for is not null group by waiting_for`);
  return rows;
}

export type JobCount = {
  task: string;
  ready: number;
  running: number;
  scheduled: number;
  failing: number;
  oldest_ready_seconds: number | null;
};

/** Jobs by task. `ready` could run now: it is due, and nothing runs in its queue. */
export async function countJobs(db: Executor): Promise<JobCount[]> {
  const { rows } = await db.execute<JobCount>(sql`
    with busy as (select queue_name from graphile_worker.jobs where locked_at is not null and queue_name is not null),
    known as (
      select task_identifier as task, run_at, locked_at, last_error,
        locked_at is null and run_at <= now()
          and (queue_name is null or queue_name not in (select queue_name from busy)) as ready
      from graphile_worker.jobs)
    select task, count(*) filter (where ready)::int as ready, count(locked_at)::int as running,
      count(*) filter (where locked_at is null and not ready)::int as scheduled, count(last_error)::int as failing,
      ${ageOf(sql`min(run_at) filter (where ready)`)} as oldest_ready_seconds
    from known group by task`);
  return rows;
}

export type ServerCount = { site: string; status: string; count: number };

export async function countServers(db: Executor): Promise<ServerCount[]> {
  const { rows } = await db.execute<ServerCount>(
    sql`select site, status, count(*)::int as count from ${servers} group by site, status`,
  );
  return rows;
}

type Amounts<Resource extends string> = Record<
  `${Resource}_${'capacity' | 'online' | 'granted' | 'used' | 'free' | 'over_allocated'}`,
  number
>;
export type SiteShare = { site: string } & Amounts<'cpu'> & Amounts<'ram_gb'>;

/** What all fields together have, gave away and see used at each site. What one has free does not fill another's deficit. */
export async function readSites(db: Executor): Promise<SiteShare[]> {
  const { rows } = await db.execute<SiteShare>(sql`
    with ${sharesWithin({ everything: true })}
    select site, sum(cpu_capacity) as cpu_capacity, sum(cpu_limit) as cpu_online, sum(cpu_granted) as cpu_granted, sum(cpu_used) as cpu_used,
      sum(greatest(cpu_limit - cpu_granted, 0)) as cpu_free,
      sum(greatest(cpu_granted - cpu_limit, 0)) as cpu_over_allocated,
      sum(ram_gb_capacity) as ram_gb_capacity, sum(ram_gb_limit) as ram_gb_online, sum(ram_gb_granted) as ram_gb_granted, sum(ram_gb_used) as ram_gb_used,
      sum(greatest(ram_gb_limit - ram_gb_granted, 0)) as ram_gb_free,
      sum(greatest(ram_gb_granted - ram_gb_limit, 0)) as ram_gb_over_allocated
    from field_share group by site`);
  return rows;
}

export type LastSync = {
  outcome: string;
  synced: number;
  updated: number;
  added: number;
  marked_offline: number;
  withheld_offline: number;
  quarantined: number;
  duration_seconds: number;
};

/** The last sync that has ended. */
export async function readLastSync(db: Executor): Promise<LastSync | undefined> {
  const { rows } = await db.execute<LastSync>(sql`
    select outcome, synced, updated, coalesce(added, 0) as added, marked_offline, withheld_offline, quarantined,
      coalesce(duration_ms, 0) / 1000.0::float8 as duration_seconds
    from ${syncRuns} where outcome <> 'running' order by started_at desc limit 1`);
  return rows[0];
}

/** When the inventory was last read and applied, in seconds since 1970; 0: never. */
export async function readLastGoodSync(db: Executor): Promise<number> {
  const { rows } = await db.execute<{ at: number }>(
    sql`select coalesce(extract(epoch from ${lastGoodSync})::float8, 0) as at`,
  );
  return rows[0]?.at ?? 0;
}

export type LastDriftCheck = { checked_at: number; unreadable: number };

export async function readLastDriftCheck(db: Executor): Promise<LastDriftCheck | undefined> {
  const { rows } = await db.execute<LastDriftCheck>(sql`
    select extract(epoch from checked_at)::float8 as checked_at, jsonb_array_length(unreadable) as unreadable
    from ${driftChecks} order by checked_at desc limit 1`);
  return rows[0];
}

export type DriftCount = { kind: string; count: number };

/** What the last check found. */
export async function countDrift(db: Executor): Promise<DriftCount[]> {
  const { rows } = await db.execute<DriftCount>(sql`
    select found ->> 'kind' as kind, count(*)::int as count
    from (select findings from ${driftChecks} order by checked_at desc limit 1) latest,
      jsonb_array_elements(findings) found
    group by 1`);
  return rows;
}
