import { useQueries, useQuery } from '@tanstack/react-query';
import { performanceTier } from '../../../server/platform/schema.ts';
import { type CreateProject, slaType } from '../../../server/projects/projects.schema.ts';
import { api } from '../../api.ts';
import { type Plan, shortage } from './choices.ts';

type Place = Pick<CreateProject, 'team_id' | 'site'>;
type Kind = Pick<CreateProject, 'sla_type' | 'performance_tier'>;

const KINDS: Kind[] = slaType.options.flatMap((sla_type) =>
  performanceTier.options.map((performance_tier) => ({ sla_type, performance_tier })),
);

/** Stands for the name where only cost and room are asked for. */
const ANY_NAME = 'any';

/** What each SLA and tier would cost the team at a site, and whether there is room, by the server's own plan. */
export function useChoices(place: Place | undefined) {
  const plans = useQueries({
    queries: KINDS.map((kind) => ({
      ...api.projects.plan.queryOptions({ team_id: '', site: '', ...place, ...kind, name: ANY_NAME }),
      enabled: place !== undefined,
    })),
  });
  return (kind: Kind): { cost: Plan['cost']; short: string | undefined } | undefined => {
    const at = KINDS.findIndex((k) => k.sla_type === kind.sla_type && k.performance_tier === kind.performance_tier);
    const plan = plans[at]?.data;
    return plan && { cost: plan.cost, short: shortage(plan) };
  };
}

/** What creating exactly this would do; asked for only where the input can be understood. */
export function usePlan(input: CreateProject | undefined) {
  return useQuery({
    ...api.projects.plan.queryOptions(
      input ?? { team_id: '', name: '', site: '', sla_type: 'bronze', performance_tier: 'regular' },
    ),
    enabled: input !== undefined,
    placeholderData: (previous) => (input ? previous : undefined),
  });
}
