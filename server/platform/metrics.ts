import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What Prometheus scrapes from `/metrics`. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'infrahub_http_requests_total',
    help: 'Requests answered, by door and status',
    labelNames: ['door', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'infrahub_http_request_duration_seconds',
    help: 'Time from request to answer, by door',
    labelNames: ['door'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return { registry, requests, seconds };
}

export type Metrics = ReturnType<typeof createMetrics>;
