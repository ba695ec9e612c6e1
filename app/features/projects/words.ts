import type { PerformanceTier } from '../../../server/platform/schema.ts';
import type { SlaType } from '../../../server/projects/projects.schema.ts';

export const SLA_NAME = { bronze: 'Bronze', silver: 'Silver', gold: 'Gold' } as const satisfies Record<SlaType, string>;
export const TIER_NAME = {
  regular: 'Regular',
  high_performance: 'High performance',
} as const satisfies Record<PerformanceTier, string>;
