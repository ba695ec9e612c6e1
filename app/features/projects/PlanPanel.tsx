import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { CopyText } from '../../ui/CopyText.tsx';
import { count } from '../../ui/format.ts';
import { Panel } from '../../ui/Panel.tsx';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import type { Problem } from '../../ui/problem.ts';
import { BeforeAfter } from '../capacity/BeforeAfter.tsx';
import { RESOURCES } from '../capacity/capacity.ts';
import type { Plan } from './choices.ts';
import type { PlanFailure } from './use-choices.ts';

type PlanPanelProps = {
  plan: Plan | undefined;
  team: string;
  /** Whether it has a name yet; without one there is no plan. */
  named: boolean;
  /** Why there is no plan. */
  failure: PlanFailure | undefined;
  ready: boolean;
  pending: boolean;
  problem: Problem | undefined;
};

/** What will be created, what it costs, and what is left; updated while one types. */
export function PlanPanel({ plan, team, named, failure, ready, pending, problem }: PlanPanelProps) {
  return (
    <Panel title="What you get">
      <Stack aria-live="polite">
        <div>
          <Text size="xs" c="dimmed">
            Kubernetes namespace
          </Text>
          {plan ? (
            <CopyText text={plan.namespace_name} label="namespace" />
          ) : (
            <Text c="dimmed">{named ? '…' : 'Give the project a name to see it.'}</Text>
          )}
        </div>
        {plan && (
          <>
            <div>
              <Text size="xs" c="dimmed">
                Takes of the team’s quota
              </Text>
              <Text className="numbers">
                {count(plan.cost.cpu)} cores, {count(plan.cost.ram_gb)} GiB
              </Text>
            </div>
            {RESOURCES.map((resource) => {
              const { limit, used_before, used_after } = plan.quota[resource];
              return (
                <BeforeAfter
                  key={resource}
                  label={team}
                  resource={resource}
                  of="used"
                  before={{ capacity: limit, granted: limit, used: used_before }}
                  after={{ capacity: limit, granted: Math.max(limit, used_after), used: used_after }}
                />
              );
            })}
            {plan.refusal && (
              <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />}>
                {plan.refusal.message}
              </Alert>
            )}
          </>
        )}
        {failure && <ProblemAlert {...failure} />}
        {problem && <ProblemAlert problem={problem} />}
        <Button type="submit" disabled={!ready} loading={pending}>
          Create project
        </Button>
      </Stack>
    </Panel>
  );
}
