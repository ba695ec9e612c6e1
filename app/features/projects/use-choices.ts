import { type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query';
import type { CreateProject } from '../../../server/projects/projects.schema.ts';
import { api } from '../../api.ts';
import { asProblem, type Problem } from '../../ui/problem.ts';
import { type Choice, KINDS, type Kind, sameKind, shortage } from './choices.ts';

/** Why plans cannot be told, and how to ask for them again. */
export type PlanFailure = { problem: Problem; onRetry: () => void };

/** Stands for the name where only cost and room are asked for. */
const ANY_NAME = 'any';

const placeOf = (kind: Kind): number => KINDS.findIndex((known) => sameKind(known, kind));

/** What became of the plans that did not come. */
export function failureOf(plans: UseQueryResult<unknown, unknown>[]): PlanFailure | undefined {
  const failed = plans.filter(({ data, error }) => data === undefined && error !== null);
  const onRetry = () => {
    for (const plan of failed) void plan.refetch();
  };
  return failed[0] && { problem: asProblem(failed[0].error), onRetry };
}

/** What each SLA and tier would cost the team at a site, and whether there is room, by the server's own plan. */
export function useChoices(place: Pick<CreateProject, 'team_id' | 'site'>) {
  const plans = useQueries({
    queries: KINDS.map((kind) => api.projects.plan.queryOptions({ ...place, ...kind, name: ANY_NAME })),
  });
  const choiceOf = (kind: Kind): Choice | undefined => {
    const plan = plans[placeOf(kind)]?.data;
    return plan && { cost: plan.cost, short: shortage(plan) };
  };
  return { choiceOf, plans };
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

/** What each size would make of a project that exists, by the server's own plan. */
export function useResizePlans(id: string) {
  const plans = useQueries({ queries: KINDS.map((kind) => api.projects.planResize.queryOptions({ id, ...kind })) });
  const planOf = (kind: Kind) => plans[placeOf(kind)]?.data;
  const choiceOf = (kind: Kind): Choice | undefined => {
    const plan = planOf(kind);
    return plan && { cost: plan.after, short: shortage(plan) };
  };
  return { planOf, choiceOf, failure: failureOf(plans) };
}
