import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import type { Project } from '../../../server/projects/projects.schema.ts';
import { client, once } from '../../api.ts';
import { useChange, useKeys } from '../../change.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { count } from '../../ui/format.ts';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import { BeforeAfter } from '../capacity/BeforeAfter.tsx';
import { RESOURCES } from '../capacity/capacity.ts';
import { type Kind, type ResizePlan, sameKind } from './choices.ts';
import { SizeChoice } from './SizeChoice.tsx';
import { useResizePlans } from './use-choices.ts';
import { SLA_NAME } from './words.ts';

/** Another SLA or tier for a project that runs; what it does to the team's quota shows while choosing. */
export function ResizeDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const { id, name, sla_type, performance_tier } = project;
  const [kind, setKind] = useState<Kind>({ sla_type, performance_tier });
  const { planOf, choiceOf, failure } = useResizePlans(id);
  const keyOf = useKeys();
  const resize = useChange({
    act: (to: Kind) => client.projects.resize.mutate({ id, ...to }, once(keyOf(to))),
    after: onClose,
  });
  const choose = (change: Partial<Kind>) => {
    resize.forget();
    setKind({ ...kind, ...change });
  };
  const plan = planOf(kind);
  const unchanged = sameKind(kind, project);
  return (
    <Dialog title={`Resize ${name}`} size="lg" pending={resize.pending} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (plan?.allowed) resize.run(kind);
        }}
      >
        <Stack>
          <SizeChoice kind={kind} choiceOf={choiceOf} onChange={choose} />
          {plan && !unchanged && <Effect plan={plan} team={project.team_name} />}
          {resize.problem && <ProblemAlert problem={resize.problem} />}
          {failure && <ProblemAlert {...failure} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={resize.pending}>
              Keep it as it is
            </Button>
            <Button type="submit" disabled={unchanged || !plan?.allowed} loading={resize.pending}>
              {unchanged ? 'Resize' : `Resize to ${SLA_NAME[kind.sla_type]}`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Effect({ plan: { before, after, quota, refusal }, team }: { plan: ResizePlan; team: string }) {
  return (
    <Stack aria-live="polite">
      <Text className="numbers">
        From {count(before.cpu)} cores and {count(before.ram_gb)} GiB to{' '}
        <b>
          {count(after.cpu)} cores and {count(after.ram_gb)} GiB
        </b>
        . The larger of both is held until the new size is confirmed; the namespace keeps running.
      </Text>
      {RESOURCES.map((resource) => {
        const { limit, used_before, used_after } = quota[resource];
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
      {refusal && (
        <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />}>
          {refusal.message}
        </Alert>
      )}
    </Stack>
  );
}
