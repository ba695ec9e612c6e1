import { Counter, Histogram, type Registry } from 'prom-client';
import type { Call } from './context.ts';

/** Seconds; from a cached read to a sync of the whole inventory. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Which part of the HTTP surface a request came to. */
export type Door = 'trpc' | 'rest' | 'probe' | 'asset' | 'page';

/**
 * Requests, and the calls of procedures in them (a tRPC batch has several). What is no procedure of ours makes no label:
 * it shows as a request of its door only.
 */
export function createRequestMetrics(registry: Registry) {
  const registers = [registry];
  const requests = new Counter({
    name: 'infrahub_http_requests_total',
    help: 'Requests answered, by door and HTTP status',
    labelNames: ['door', 'status'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'infrahub_http_request_duration_seconds',
    help: 'Time from a request to its answer, by door; of a stream, until it began',
    labelNames: ['door'],
    buckets,
    registers,
  });
  const calls = new Counter({
    name: 'infrahub_calls_total',
    help: 'Calls of procedures, by door, procedure and outcome (OK or the error code)',
    labelNames: ['door', 'procedure', 'code'],
    registers,
  });
  const callSeconds = new Histogram({
    name: 'infrahub_call_duration_seconds',
    help: 'Time that a procedure took, by door and procedure; of a subscription, until it began',
    labelNames: ['door', 'procedure'],
    buckets,
    registers,
  });
  return {
    answered(door: Door, status: number, seconds: number): void {
      requests.inc({ door, status });
      requestSeconds.observe({ door }, seconds);
    },
    called(door: Door, { procedure, code, seconds }: Call): void {
      calls.inc({ door, procedure, code });
      callSeconds.observe({ door, procedure }, seconds);
    },
  };
}
