import { findingKind } from '../drift/drift.schema.ts';
import type { GaugeInfo, Sample } from '../platform/metrics-replica.ts';
import { projectStatus } from '../projects/projects.schema.ts';
import { OPERATION_KINDS } from '../provisioning/operation.rules.ts';
import type {
  DriftCount,
  JobCount,
  LastDriftCheck,
  LastSync,
  OpenOperations,
  ProjectCount,
  ServerCount,
  SiteShare,
  WaitCount,
} from './gauges.repository.ts';
import { waiting } from './reports.schema.ts';

const AMOUNTS = {
  capacity: 'of servers that are given to a field',
  online: 'of those of them that are online',
  granted: 'of the quotas given to departments',
  used: 'that projects hold',
  free: 'that can still be granted: what the fields have online less what they granted',
  over_allocated: 'that fields have granted beyond what is there now',
} as const;
type Amount = keyof typeof AMOUNTS;
const EVERY_AMOUNT = ['capacity', 'online', 'granted', 'used', 'free', 'over_allocated'] as const satisfies Amount[];

const gaugesOf = (amount: Amount): [string, GaugeInfo][] => [
  [`infrahub_${amount}_cpu_cores`, { help: `Cores ${AMOUNTS[amount]}, by site`, labels: ['site'] }],
  [`infrahub_${amount}_ram_bytes`, { help: `RAM ${AMOUNTS[amount]}, by site`, labels: ['site'] }],
];

/** What the database tells about InfraHub as a whole: the same at every replica, so take the maximum, not the sum. */
export const GAUGES: Record<string, GaugeInfo> = {
  infrahub_database_migrated: { help: '1 while the database has every migration of this version', labels: [] },
  infrahub_projects: { help: 'Projects, by status', labels: ['status'] },
  infrahub_operations_open: { help: 'Orders on projects that have not ended, by kind', labels: ['kind'] },
  infrahub_operations_oldest_age_seconds: { help: 'Age of the oldest such order, by kind', labels: ['kind'] },
  infrahub_operations_waiting: { help: 'Orders that cannot go on, by what they wait for', labels: ['for'] },
  infrahub_operations_waiting_seconds: { help: 'How long the longest of them has waited', labels: ['for'] },
  infrahub_jobs: { help: 'Jobs, by task and state; ready: it could run now', labels: ['task', 'state'] },
  infrahub_jobs_failing: { help: 'Jobs whose last run failed, by task; they are tried again', labels: ['task'] },
  infrahub_jobs_oldest_ready_age_seconds: { help: 'How long the oldest ready job has been due', labels: ['task'] },
  infrahub_servers: { help: 'Servers known from the inventory, by site and status', labels: ['site', 'status'] },
  ...Object.fromEntries(EVERY_AMOUNT.flatMap(gaugesOf)),
  infrahub_sync_last_good_timestamp_seconds: {
    help: 'When the inventory was last read and applied; 0: never',
    labels: [],
  },
  infrahub_sync_last_run_outcome: { help: '1 for the outcome of the last sync, else 0', labels: ['outcome'] },
  infrahub_sync_last_run_servers: { help: 'Counts of the last sync', labels: ['count'] },
  infrahub_sync_last_run_duration_seconds: { help: 'Time that the last sync took', labels: [] },
  infrahub_drift_findings: { help: 'Differences that the last drift check found, by kind', labels: ['kind'] },
  infrahub_drift_unreadable: { help: 'Files and applications that it could not compare', labels: [] },
  infrahub_drift_checked_timestamp_seconds: { help: 'When it began', labels: [] },
};

const sample = (name: string, value: number, labels: Record<string, string> = {}): Sample => ({ name, labels, value });

const WAITS = [...waiting.shape.waiting_for.options, 'operation'];

/** A sample for each that can be, so that what is not there is told as 0. */
export function projectSamples(counts: ProjectCount[]): Sample[] {
  const of = new Map(counts.map(({ status, count }) => [status, count]));
  return projectStatus.options.map((status) => sample('infrahub_projects', of.get(status) ?? 0, { status }));
}

/** Open operations by kind and by what they wait for; ages in seconds, 0 where there is none. */
export function operationSamples(open: OpenOperations[], waits: WaitCount[]): Sample[] {
  const kinds = new Map(open.map((row) => [row.kind, row]));
  const longest = new Map(waits.map((row) => [row.waiting_for, row]));
  return [
    ...OPERATION_KINDS.flatMap((kind) => [
      sample('infrahub_operations_open', kinds.get(kind)?.count ?? 0, { kind }),
      sample('infrahub_operations_oldest_age_seconds', kinds.get(kind)?.oldest_seconds ?? 0, { kind }),
    ]),
    ...WAITS.flatMap((what) => [
      sample('infrahub_operations_waiting', longest.get(what)?.count ?? 0, { for: what }),
      sample('infrahub_operations_waiting_seconds', longest.get(what)?.longest_seconds ?? 0, { for: what }),
    ]),
  ];
}

export const jobSamples = (jobs: JobCount[]): Sample[] =>
  jobs.flatMap(({ task, ready, running, scheduled, failing, oldest_ready_seconds }) => [
    sample('infrahub_jobs', ready, { task, state: 'ready' }),
    sample('infrahub_jobs', running, { task, state: 'running' }),
    sample('infrahub_jobs', scheduled, { task, state: 'scheduled' }),
    sample('infrahub_jobs_failing', failing, { task }),
    sample('infrahub_jobs_oldest_ready_age_seconds', oldest_ready_seconds ?? 0, { task }),
  ]);

export const serverSamples = (servers: ServerCount[]): Sample[] =>
  servers.map(({ site, status, count }) => sample('infrahub_servers', count, { site, status }));

const GIB = 1024 ** 3;

export const siteSamples = (sites: SiteShare[]): Sample[] =>
  sites.flatMap((row) =>
    EVERY_AMOUNT.flatMap((amount) => [
      sample(`infrahub_${amount}_cpu_cores`, row[`cpu_${amount}`], { site: row.site }),
      sample(`infrahub_${amount}_ram_bytes`, row[`ram_gb_${amount}`] * GIB, { site: row.site }),
    ]),
  );

/** The last sync. `lastGoodAt` in seconds since 1970, 0: never; it alone is told before the first sync has ended. */
export function syncSamples(last: LastSync | undefined, lastGoodAt: number): Sample[] {
  const good = sample('infrahub_sync_last_good_timestamp_seconds', lastGoodAt);
  if (!last) return [good];
  const { outcome: ended, duration_seconds, ...counts } = last;
  return [
    good,
    ...['succeeded', 'withheld', 'failed'].map((outcome) =>
      sample('infrahub_sync_last_run_outcome', outcome === ended ? 1 : 0, { outcome }),
    ),
    ...Object.entries(counts).map(([count, value]) => sample('infrahub_sync_last_run_servers', value, { count })),
    sample('infrahub_sync_last_run_duration_seconds', duration_seconds),
  ];
}

/** What the last drift check found, by kind; nothing before the first. */
export function driftSamples(last: LastDriftCheck | undefined, counts: DriftCount[]): Sample[] {
  if (!last) return [];
  const of = new Map(counts.map(({ kind, count }) => [kind, count]));
  return [
    ...findingKind.options.map((kind) => sample('infrahub_drift_findings', of.get(kind) ?? 0, { kind })),
    sample('infrahub_drift_unreadable', last.unreadable),
    sample('infrahub_drift_checked_timestamp_seconds', last.checked_at),
  ];
}
