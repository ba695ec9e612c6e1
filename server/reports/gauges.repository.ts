import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { driftChecks, projectOperations, projects, servers, syncRuns } from '../../db/schema/index.ts';
import { sharesWithin } from '../org/shares.repository.ts';
import { type Executor, selectRows } from '../platform/database.ts';
import { lastGoodSync } from './last-sync.repository.ts';

const OPEN = sql`state not in ('succeeded', 'failed')`;
const ageOf = (moment: ReturnType<typeof sql>) => sql`extract(epoch from now() - ${moment})::float8`;

const projectCount = z.object({ status: z.string(), count: z.number() });
export type ProjectCount = z.infer<typeof projectCount>;

export function countProjects(db: Executor): Promise<ProjectCount[]> {
  return selectRows(db, projectCount, sql`select status, count(*)::int as count from ${projects} group by status`);
}

const openOperations = z.object({ kind: z.string(), count: z.number(), oldest_seconds: z.number() });
export type OpenOperations = z.infer<typeof openOperations>;

/** Operations that have not come to their end. */
export function countOpenOperations(db: Executor): Promise<OpenOperations[]> {
  return selectRows(
    db,
    openOperations,
    sql`
    select kind, count(*)::int as count, ${ageOf(sql`min(created_at)`)} as oldest_seconds
    from ${projectOperations} where ${OPEN} group by kind`,
  );
}

const waitCount = z.object({ waiting_for: z.string(), count: z.number(), longest_seconds: z.number() });
export type WaitCount = z.infer<typeof waitCount>;

/** What open operations wait for outside, and how long the longest has. */
export function countWaiting(db: Executor): Promise<WaitCount[]> {
  return selectRows(
    db,
    waitCount,
    sql`
    select waiting_for, count(*)::int as count, ${ageOf(sql`min(waiting_since)`)} as longest_seconds
    from ${projectOperations} where ${OPEN} and waiting_for is not null group by waiting_for`,
  );
}

const jobCount = z.object({
  task: z.string(),
  ready: z.number(),
  running: z.number(),
  scheduled: z.number(),
  failing: z.number(),
  oldest_ready_seconds: z.number().nullable(),
});
export type JobCount = z.infer<typeof jobCount>;

/** Jobs by task. `ready` could run now: it is due, and nothing runs in its queue. */
export function countJobs(db: Executor): Promise<JobCount[]> {
  return selectRows(
    db,
    jobCount,
    sql`
    with busy as (select queue_name from graphile_worker.jobs where locked_at is not null and queue_name is not null),
    known as (
      select task_identifier as task, run_at, locked_at, last_error,
        locked_at is null and run_at <= now()
          and (queue_name is null or queue_name not in (select queue_name from busy)) as ready
      from graphile_worker.jobs)
    select task, count(*) filter (where ready)::int as ready, count(locked_at)::int as running,
      count(*) filter (where locked_at is null and not ready)::int as scheduled, count(last_error)::int as failing,
      ${ageOf(sql`min(run_at) filter (where ready)`)} as oldest_ready_seconds
    from known group by task`,
  );
}

const serverCount = z.object({ site: z.string(), status: z.string(), count: z.number() });
export type ServerCount = z.infer<typeof serverCount>;

export function countServers(db: Executor): Promise<ServerCount[]> {
  return selectRows(
    db,
    serverCount,
    sql`select site, status, count(*)::int as count from ${servers} group by site, status`,
  );
}

const siteShare = z.object({
  site: z.string(),
  cpu_capacity: z.number(),
  cpu_online: z.number(),
  cpu_granted: z.number(),
  cpu_used: z.number(),
  cpu_free: z.number(),
  cpu_over_allocated: z.number(),
  ram_gb_capacity: z.number(),
  ram_gb_online: z.number(),
  ram_gb_granted: z.number(),
  ram_gb_used: z.number(),
  ram_gb_free: z.number(),
  ram_gb_over_allocated: z.number(),
});
export type SiteShare = z.infer<typeof siteShare>;

/** What all fields together have, gave away and see used at each site. What one has free does not fill another's deficit. */
export function readSites(db: Executor): Promise<SiteShare[]> {
  return selectRows(
    db,
    siteShare,
    sql`
    with ${sharesWithin({ everything: true })}
    select site, sum(cpu_capacity) as cpu_capacity, sum(cpu_limit) as cpu_online, sum(cpu_granted) as cpu_granted, sum(cpu_used) as cpu_used,
      sum(greatest(cpu_limit - cpu_granted, 0)) as cpu_free,
      sum(greatest(cpu_granted - cpu_limit, 0)) as cpu_over_allocated,
      sum(ram_gb_capacity) as ram_gb_capacity, sum(ram_gb_limit) as ram_gb_online, sum(ram_gb_granted) as ram_gb_granted, sum(ram_gb_used) as ram_gb_used,
      sum(greatest(ram_gb_limit - ram_gb_granted, 0)) as ram_gb_free,
      sum(greatest(ram_gb_granted - ram_gb_limit, 0)) as ram_gb_over_allocated
    from field_share group by site`,
  );
}

const lastSync = z.object({
  outcome: z.string(),
  synced: z.number(),
  updated: z.number(),
  added: z.number(),
  marked_offline: z.number(),
  withheld_offline: z.number(),
  quarantined: z.number(),
  duration_seconds: z.number(),
});
export type LastSync = z.infer<typeof lastSync>;

/** The last sync that has ended. */
export async function readLastSync(db: Executor): Promise<LastSync | undefined> {
  const [last] = await selectRows(
    db,
    lastSync,
    sql`
    select outcome, synced, updated, coalesce(added, 0) as added, marked_offline, withheld_offline, quarantined,
      coalesce(duration_ms, 0) / 1000.0::float8 as duration_seconds
    from ${syncRuns} where outcome <> 'running' order by started_at desc limit 1`,
  );
  return last;
}

/** When the inventory was last read and applied, in seconds since 1970; 0: never. */
export async function readLastGoodSync(db: Executor): Promise<number> {
  const at = sql`select coalesce(extract(epoch from ${lastGoodSync})::float8, 0) as at`;
  const [last] = await selectRows(db, z.object({ at: z.number() }), at);
  return last?.at ?? 0;
}

const lastDriftCheck = z.object({ checked_at: z.number(), unreadable: z.number() });
export type LastDriftCheck = z.infer<typeof lastDriftCheck>;

export async function readLastDriftCheck(db: Executor): Promise<LastDriftCheck | undefined> {
  const [last] = await selectRows(
    db,
    lastDriftCheck,
    sql`
    select extract(epoch from checked_at)::float8 as checked_at, jsonb_array_length(unreadable) as unreadable
    from ${driftChecks} order by checked_at desc limit 1`,
  );
  return last;
}

const driftCount = z.object({ kind: z.string(), count: z.number() });
export type DriftCount = z.infer<typeof driftCount>;

/** What the last check found. */
export function countDrift(db: Executor): Promise<DriftCount[]> {
  return selectRows(
    db,
    driftCount,
    sql`
    select found ->> 'kind' as kind, count(*)::int as count
    from (select findings from ${driftChecks} order by checked_at desc limit 1) latest,
      jsonb_array_elements(findings) found
    group by 1`,
  );
}
