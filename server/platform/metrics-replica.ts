import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Gauge, type Registry } from 'prom-client';

/** A gauge whose value is in the database, the same whichever replica is asked. */
export type GaugeInfo = { help: string; labels: readonly string[] };
export type Sample = { name: string; labels: Record<string, string>; value: number };

export type Watched = {
  pool: pg.Pool;
  poolSize: number;
  isWorking(): boolean;
  liveSubscribers(): number;
  gauges: Record<string, GaugeInfo>;
  /** Reads every sample; may hang or reject. */
  read(): Promise<Sample[]>;
};

const KEEP_MS = 5_000;
const PATIENCE_MS = 2_000;

/** What is asked at a scrape: this replica's own state, and what the database knows. */
export function createReplicaMetrics(registry: Registry) {
  const refreshes: (() => void | Promise<void>)[] = [];
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });

  return {
    /** Has these told from now on. */
    watch({ pool, poolSize, isWorking, liveSubscribers, ...database }: Watched): void {
      const connections = gauge('infrahub_database_pool_connections', 'Connections to PostgreSQL', ['state']);
      const waiting = gauge('infrahub_database_pool_waiting', 'Queries that wait for a connection');
      gauge('infrahub_database_pool_size', 'Connections that may be open at most').set(poolSize);
      const worker = gauge('infrahub_worker_up', '1 while this replica works on jobs');
      const live = gauge('infrahub_live_subscribers', 'Listeners to live changes on this replica');
      const refreshDatabase = createDatabaseGauges(gauge, database);
      refreshes.push(refreshDatabase, () => {
        connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
        connections.set({ state: 'idle' }, pool.idleCount);
        waiting.set(pool.waitingCount);
        worker.set(isWorking() ? 1 : 0);
        live.set(liveSubscribers());
      });
    },
    async refresh(): Promise<void> {
      for (const refresh of refreshes) await refresh();
    },
  };
}

type MakeGauge = (name: string, help: string, labelNames?: readonly string[]) => Gauge;

/**
 * Reads at most every five seconds, once at a time, and is waited for two seconds at most. While the database does not
 * answer, `infrahub_database_up` is 0 and there are no samples rather than old ones.
 */
function createDatabaseGauges(gauge: MakeGauge, { gauges, read }: Pick<Watched, 'gauges' | 'read'>) {
  const up = gauge('infrahub_database_up', '1 while PostgreSQL answers this replica within two seconds');
  const made = new Map(Object.entries(gauges).map(([name, { help, labels }]) => [name, gauge(name, help, labels)]));
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  function show(samples: Sample[]): void {
    for (const one of made.values()) {
      one.reset();
      one.remove({}); // without labels, a reset would leave a 0
    }
    for (const { name, labels, value } of samples) made.get(name)?.set(labels, value);
  }

  async function readNow(): Promise<void> {
    try {
      show(await read());
      up.set(1);
      readAt = performance.now();
    } catch {
      show([]);
      up.set(0);
    } finally {
      reading = undefined;
    }
  }

  return async (): Promise<void> => {
    if (performance.now() - readAt < KEEP_MS) return;
    reading ??= readNow();
    const late = await Promise.race([reading, sleep(PATIENCE_MS, 'late', { ref: false })]);
    if (late !== 'late') return;
    show([]);
    up.set(0);
  };
}
