import { Counter, Histogram, type Registry } from 'prom-client';
import type { JobHandler } from './jobs.ts';

/** `failed` is an error of ours amid the call, such as a values file that cannot be edited. */
export const OUTCOMES = ['answered', 'unavailable', 'contended', 'refused', 'misconfigured', 'failed'] as const;
type OutsideCall = {
  operation: string;
  outcome: (typeof OUTCOMES)[number];
  seconds: number;
};

/** The end of an operation on a project. `seconds` since it was asked for. */
type OperationEnd = { kind: string; outcome: string; seconds: number };

/** What this replica did beside answering requests. Counters begin at 0, so that the first failure shows as a rise. */
export function createWorkMetrics(registry: Registry) {
  const registers = [registry];
  const outsideCalls = new Counter({
    name: 'infrahub_outside_calls_total',
    help: 'Calls to Git, Argo CD, the directory and the inventory, by outcome',
    labelNames: ['system', 'operation', 'outcome'],
    registers,
  });
  const outsideSeconds = new Histogram({
    name: 'infrahub_outside_call_duration_seconds',
    help: 'Time that calls to the systems outside took, with their retries',
    labelNames: ['system', 'operation'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const jobs = new Counter({
    name: 'infrahub_job_runs_total',
    help: 'Runs of jobs on this replica; one that failed is tried again',
    labelNames: ['task', 'outcome'],
    registers,
  });
  const jobSeconds = new Histogram({
    name: 'infrahub_job_run_duration_seconds',
    help: 'Time that runs of jobs took',
    labelNames: ['task'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300],
    registers,
  });
  const operations = new Histogram({
    name: 'infrahub_operation_duration_seconds',
    help: 'Time from the order to provision, resize or decommission a project to its end, by outcome',
    labelNames: ['kind', 'outcome'],
    buckets: [5, 10, 20, 30, 60, 120, 180, 300, 600, 1_800, 3_600],
    registers,
  });

  const timed =
    (task: string, handler: JobHandler): JobHandler =>
    async (payload) => {
      const end = jobSeconds.startTimer({ task });
      let outcome = 'failed';
      try {
        await handler(payload);
        outcome = 'succeeded';
      } finally {
        end();
        jobs.inc({ task, outcome });
      }
    };

  return {
    /** Takes the calls of these operations of a system, one by one. */
    callsOf(system: string, names: readonly string[]) {
      for (const operation of names) {
        for (const outcome of OUTCOMES) outsideCalls.inc({ system, operation, outcome }, 0);
      }
      return ({ operation, outcome, seconds }: OutsideCall): void => {
        outsideCalls.inc({ system, operation, outcome });
        outsideSeconds.observe({ system, operation }, seconds);
      };
    },
    /** Takes the ends of operations of these kinds, by these outcomes, one by one. */
    endsOf(kinds: readonly string[], outcomes: readonly string[]) {
      for (const kind of kinds) for (const outcome of outcomes) operations.zero({ kind, outcome });
      return ({ kind, outcome, seconds }: OperationEnd): void => operations.observe({ kind, outcome }, seconds);
    },
    /** The same handlers, with each of their runs counted. */
    timed(handlers: Record<string, JobHandler>): Record<string, JobHandler> {
      for (const task of Object.keys(handlers)) {
        for (const outcome of ['succeeded', 'failed']) jobs.inc({ task, outcome }, 0);
      }
      return Object.fromEntries(Object.entries(handlers).map(([task, handler]) => [task, timed(task, handler)]));
    },
  };
}
