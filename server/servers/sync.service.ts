import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Inventory, RejectedRow } from '../adapters/inventory/inventory.port.ts';
import { recordAudit } from '../audit/audit.repository.ts';
import type { Clock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import { type Db, inBackground, type Tx } from '../platform/database.ts';
import { type ErrorCode, InfraHubError, InvalidStateError, NotFoundError } from '../platform/errors.ts';
import { type Log, withLogContext } from '../platform/log.ts';
import { authorize, type Caller } from '../platform/policy.ts';
import { inSpan } from '../platform/tracing.ts';
import type { ListSyncRuns, SyncRun, SyncRunPage, SyncServers } from './servers.schema.ts';
import * as runs from './sync.repository.ts';
import { mayMarkOffline, type SortedAnswer, sortOut, tierOf, whyUnusable, whyWithheld } from './sync.rules.ts';
import { createSyncSchedule } from './sync-schedule.ts';

const MAX_STORED_ROWS = 200;

type Parts = {
  db: Db;
  pool: pg.Pool;
  inventory: Inventory;
  clock: Clock;
  log: Log;
  settings: Pick<Config, 'SYNC_INTERVAL_MINUTES' | 'SYNC_MAX_OFFLINE_PERCENT' | 'PERFORMANCE_TIER_CPU_THRESHOLD'>;
};

/** Why a run happens, for whom, and which withheld run it confirms. */
type Order = { trigger: SyncRun['trigger']; by: Pick<Caller, 'sub' | 'requestId'>; confirms?: SyncRun };

/** A run that has ended, and the code that tells of it if it failed. */
type Finished = { run: SyncRun; code: ErrorCode };

/**
 * Brings the servers to what the inventory says. One run at a time, across all replicas: every replica has the schedule,
 * and a lock in PostgreSQL decides whose tick runs. The inventory is read first, outside of any transaction; then
 * everything is applied in one, or nothing is. A server is never deleted.
 */
export function createSyncService({ db, pool, inventory, clock, log, settings }: Parts) {
  const { SYNC_INTERVAL_MINUTES: intervalMinutes, SYNC_MAX_OFFLINE_PERCENT: maxOfflinePercent } = settings;
  const schedule = createSyncSchedule({ intervalMinutes, clock, tick });

  /** Runs `work` as the only one that syncs; undefined if somebody else does. */
  async function exclusively<T>(work: () => Promise<T>): Promise<T | undefined> {
    const giveBack = await runs.takeSyncLock(pool);
    return giveBack && failLostRuns().then(work).finally(giveBack);
  }

  async function failLostRuns(): Promise<void> {
    const lost = await runs.failStoppedRuns(
      db,
      'The process stopped during this run. Nothing was changed; sync again.',
    );
    for (const run_id of lost) log.error({ run_id }, 'a sync was lost with its process');
  }

  async function runSync(order: Order): Promise<Finished> {
    const { trigger, by } = order;
    const id = await runs.insertRun(db, { trigger, requestedBy: by.sub, requestId: by.requestId });
    const finished = await readAndApply(id, order).then(
      (done) => ({ run: done, code: 'UPSTREAM_FAILED' as const }),
      async (error: unknown) => ({ run: await fail(id, order, error), code: codeOf(error) }),
    );
    report(finished.run);
    return finished;
  }

  async function readAndApply(id: string, order: Order): Promise<SyncRun> {
    const answer = await inventory.readFleet();
    const sorted = sortOut(answer);
    const problem = whyUnusable(answer, sorted);
    return inBackground(db, async (tx) => {
      const result = problem === undefined ? await apply(tx, id, sorted, order) : failed(problem, sorted);
      return finish(tx, id, order, result);
    });
  }

  async function apply(tx: Tx, id: string, sorted: SortedAnswer, order: Order): Promise<runs.RunResult> {
    const servers = sorted.usable.map((s) => ({
      ...s,
      performanceTier: tierOf(s.cpu, settings.PERFORMANCE_TIER_CPU_THRESHOLD),
    }));
    const fleet = { servers, kept: sorted.kept };
    const { added, changed, online, vanished } = await runs.applyFleet(tx, fleet);
    const disappearance = { online, vanished, maxOfflinePercent, confirmed: order.confirms?.withheld_offline ?? 0 };
    const markOffline = mayMarkOffline(disappearance);
    const gone = markOffline && vanished > 0 ? await runs.markVanishedOffline(tx, fleet) : 0;
    if (!markOffline) await runs.storeSightings(tx, fleet, id);
    else if (order.confirms) await runs.markConfirmed(tx, order.confirms.id, order.by.sub);
    return {
      outcome: markOffline ? 'succeeded' : 'withheld',
      synced: servers.length,
      updated: added + changed,
      added,
      markedOffline: gone,
      withheldOffline: markOffline ? 0 : vanished,
      ...quarantine(sorted.quarantined),
      error: markOffline ? null : whyWithheld(disappearance),
    };
  }

  /** @throws InvalidStateError when this run was taken for lost, so that its transaction must not commit. */
  async function finish(tx: Tx, id: string, { trigger, by, confirms }: Order, result: runs.RunResult) {
    const finished = await runs.finishRun(tx, id, result);
    if (!finished)
      throw new InvalidStateError('This run was taken for lost while it ran. Nothing was changed; sync again.');
    const { outcome, synced, updated, added, marked_offline, withheld_offline, quarantined } = finished;
    if (trigger !== 'schedule' || updated + marked_offline > 0) {
      await recordAudit(tx, by, {
        action: 'servers.sync',
        target: { type: 'sync_run', id, name: trigger },
        place: {},
        after: {
          outcome,
          synced,
          updated,
          added,
          marked_offline,
          withheld_offline,
          quarantined,
          ...(confirms && { confirmed_run_id: confirms.id }),
        },
      });
    }
    return finished;
  }

  /** Records why the run failed, unless it has ended all the same. What was not foreseen is told in the log only. */
  async function fail(id: string, order: Order, error: unknown): Promise<SyncRun> {
    // The answer to its COMMIT may have been lost.
    const run = await runs.findRun(db, id);
    if (run && run.outcome !== 'running') return run;
    const isForeseen = error instanceof InfraHubError;
    if (!isForeseen) log.error({ err: error, run_id: id }, 'an unexpected error stopped the sync of the servers');
    const reason = isForeseen
      ? error.message
      : `An unexpected error stopped the sync. Nothing was changed; the log tells more under request ${order.by.requestId}.`;
    return inBackground(db, (tx) => finish(tx, id, order, failed(reason)));
  }

  function report({ id: run_id, outcome, error, ...run }: SyncRun): void {
    const { synced, updated, added, marked_offline, withheld_offline, quarantined, duration_ms } = run;
    const counts = { synced, updated, added, marked_offline, withheld_offline, quarantined };
    const line = { run_id, outcome, ...counts, duration_ms };
    if (outcome === 'failed') log.error({ ...line, reason: error }, 'the sync of the servers failed');
    else if (outcome === 'withheld') log.warn({ ...line, reason: error }, 'the sync withheld offline marks');
    else log.info(line, 'the servers were synced');
  }

  /** @throws NotFoundError, InvalidStateError */
  async function withheldRun(id: string): Promise<SyncRun> {
    const withheld = await runs.findRun(db, id);
    if (!withheld) throw new NotFoundError('sync run', id);
    if (withheld.outcome !== 'withheld')
      throw new InvalidStateError('This run withheld nothing, so there is nothing to confirm.');
    if (!withheld.needs_confirmation) {
      throw new InvalidStateError(
        'A later sync has taken its place, so there is nothing left to confirm here. Look at the latest run.',
      );
    }
    return withheld;
  }

  async function inProgress(): Promise<InfraHubError> {
    const running = await runs.findRunningRun(db);
    const since = running ? ` since ${running.started_at}` : '';
    return new InfraHubError(
      'SYNC_IN_PROGRESS',
      `A sync is running${since}. Wait for it to end, then look at its result.`,
      running && { since: running.started_at, run_id: running.id },
    );
  }

  /** What the schedule does: nothing if a replica is at it, or has just been. */
  async function tick(): Promise<void> {
    const by = { sub: 'system:sync', requestId: randomUUID() };
    const span = { name: 'scheduled sync', isRoot: true, attributes: { 'infrahub.request_id': by.requestId } };
    const sync = () =>
      exclusively(async () => {
        if (!(await runs.hasRunOnSchedule(db, intervalMinutes * 30))) await runSync({ trigger: 'schedule', by });
      });
    await withLogContext({ request_id: by.requestId }, () =>
      inSpan(span, sync).catch((err) => log.error({ err }, 'the scheduled sync could not run')),
    );
  }

  return {
    /**
     * Syncs now and answers the run, which succeeded or withheld. With a withheld run to confirm, up to as many servers as
     * that one named may be marked offline.
     * @throws ForbiddenError, NotFoundError, InvalidStateError, InfraHubError `SYNC_IN_PROGRESS`; and, when the
     * run failed, `UPSTREAM_FAILED` or `UPSTREAM_TIMEOUT` with its `run_id`: the run is kept all the same.
     */
    async syncNow(caller: Caller, { confirm_run_id }: SyncServers): Promise<SyncRun> {
      authorize(caller, 'servers.sync', {});
      const sync = exclusively(async () =>
        confirm_run_id === undefined
          ? runSync({ trigger: 'manual', by: caller })
          : runSync({ trigger: 'confirmation', by: caller, confirms: await withheldRun(confirm_run_id) }),
      );
      const finished = await schedule.tracked(sync);
      if (!finished) throw await inProgress();
      const { run: done, code } = finished;
      if (done.outcome === 'failed') {
        throw new InfraHubError(code, done.error ?? 'The sync failed.', { run_id: done.id });
      }
      return done;
    },

    async listRuns(caller: Caller, filter: ListSyncRuns): Promise<SyncRunPage> {
      authorize(caller, 'servers.sync', {});
      return { ...(await runs.listRuns(db, filter)), next_run_at: schedule.nextTick()?.toISOString() ?? null };
    },

    start: schedule.start,

    /** Ends the schedule and waits for a run of this replica. */
    stop: schedule.stop,
  };
}

/** What nobody foresaw is no failure of the inventory. */
const codeOf = (error: unknown): ErrorCode => (error instanceof InfraHubError ? error.code : 'INTERNAL');

const quarantine = (rows: RejectedRow[]) => ({
  quarantined: rows.length,
  quarantinedRows: rows.slice(0, MAX_STORED_ROWS),
});

function failed(error: string, sorted?: SortedAnswer): runs.RunResult {
  return {
    outcome: 'failed',
    synced: sorted?.usable.length ?? 0,
    updated: 0,
    added: 0,
    markedOffline: 0,
    withheldOffline: 0,
    ...quarantine(sorted?.quarantined ?? []),
    error,
  };
}
