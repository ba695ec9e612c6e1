import { IconBolt } from '@tabler/icons-react';
import type { PerformanceTier } from '../../../server/platform/schema.ts';

/** A performance tier; high performance carries the house's small mark. */
export function TierName({ tier }: { tier: PerformanceTier }) {
  if (tier === 'regular') return 'Regular';
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      High perf. <IconBolt size={13} aria-hidden style={{ verticalAlign: -2 }} />
    </span>
  );
}
