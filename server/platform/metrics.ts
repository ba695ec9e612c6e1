import { collectDefaultMetrics, Registry } from 'prom-client';
import { createReplicaMetrics } from './metrics-replica.ts';
import { createRequestMetrics } from './metrics-requests.ts';
import { createWorkMetrics } from './metrics-work.ts';

/** What one replica tells Prometheus at `/metrics`; `docs/observability.md` lists it. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { watch, refresh } = createReplicaMetrics(registry);
  return {
    requests: createRequestMetrics(registry),
    work: createWorkMetrics(registry),
    watch,
    contentType: registry.contentType,
    /** Everything, as text. Waits two seconds for the database at most, and tells the rest without it. */
    async scrape(): Promise<string> {
      await refresh();
      return registry.metrics();
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
