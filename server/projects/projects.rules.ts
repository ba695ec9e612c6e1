import { createHash } from 'node:crypto';
import type { Size } from '../../db/schema/index.ts';
import type { Amounts, PerformanceTier } from '../platform/schema.ts';
import type { ProjectStatus, SlaType } from './projects.schema.ts';

// biome-ignore format: a table reads as a table
const COST = {
  bronze: { regular: { cpu: 2, ram_gb: 4 },  high_performance: { cpu: 4,  ram_gb: 8 } },
  silver: { regular: { cpu: 4, ram_gb: 16 }, high_performance: { cpu: 8,  ram_gb: 32 } },
  gold:   { regular: { cpu: 8, ram_gb: 32 }, high_performance: { cpu: 16, ram_gb: 64 } },
} as const satisfies Record<SlaType, Record<PerformanceTier, Amounts>>;

/** What a project holds of its team's quota, in cores and GiB. */
export const costOf = (sla: SlaType, tier: PerformanceTier): Amounts => COST[sla][tier];

/** What a namespace of this SLA type and tier is. */
export const sizeOf = (sla: SlaType, tier: PerformanceTier): Size => ({ sla, tier, ...costOf(sla, tier) });

const MAX_LABEL = 63;
const HASH_LENGTH = 8;

/**
 * The Kubernetes namespace of a team's project: `<team_id>-<project_name>`, an RFC 1123 label. What is longer than 63
 * characters is cut and ends in a hash of the whole, so that two long names never become one.
 */
export function namespaceName(teamId: string, projectName: string): string {
  const whole = `${teamId}-${projectName}`;
  if (whole.length <= MAX_LABEL) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, HASH_LENGTH);
  const head = whole.slice(0, MAX_LABEL - HASH_LENGTH - 1).replace(/-+$/, '');
  return `${head}-${hash}`;
}

/**
 * A project's life (`design/domain.md`): from each status, where it may go. A failed project has no entry and no
 * namespace left, so that it is decommissioned at once (`docs/decisions/010`).
 */
const NEXT = {
  provisioning: ['active', 'rolling_back'],
  active: ['updating', 'decommissioning'],
  updating: ['active'],
  rolling_back: ['failed'],
  failed: ['provisioning', 'decommissioned'],
  decommissioning: ['decommissioned'],
  decommissioned: [],
} as const satisfies Record<ProjectStatus, readonly ProjectStatus[]>;

/** Whether a project’s life has a line from one status to the other. */
export function mayBecome(from: ProjectStatus, to: ProjectStatus): boolean {
  const next: readonly ProjectStatus[] = NEXT[from];
  return next.includes(to);
}
