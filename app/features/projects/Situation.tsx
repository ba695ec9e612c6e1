import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Project } from '../../../server/projects/projects.schema.ts';
import { api, client, once } from '../../api.ts';
import { useChange, useKeys } from '../../change.ts';
import { count } from '../../ui/format.ts';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import { quantity } from '../capacity/capacity.ts';
import { freeAt } from './choices.ts';
import { STATUS } from './status.ts';
import { useMay } from './use-may.ts';

const COLOR = { bad: 'red', warn: 'yellow', busy: 'gray', good: 'gray', quiet: 'gray' } as const;

/** Why a project is where it is, what is held, what it waits for, and what can be done next. */
export function Situation({ project }: { project: Project }) {
  const { status, status_reason } = project;
  const { tone } = STATUS[status];
  // An active one says something as well, so that the page does not jump when work begins and when it is over.
  const reason = status_reason ?? (status === 'active' ? 'Nothing is under way.' : null);
  if (!reason && status !== 'failed') return null;
  const color = COLOR[tone];
  return (
    <Alert
      color={color}
      variant="light"
      role="status"
      icon={color === 'gray' ? undefined : <IconAlertTriangle size={18} />}
    >
      <Stack gap="xs" align="flex-start">
        {reason && <Text>{reason}</Text>}
        {status === 'rolling_back' && <Text>It can be retried as soon as the clean-up is done.</Text>}
        {status === 'failed' && <Retry project={project} />}
      </Stack>
    </Alert>
  );
}

function Retry({ project }: { project: Project }) {
  const { id, team_id, team_name, site, cpu, ram_gb, updated_at } = project;
  const may = useMay(project);
  const quota = useQuery(api.quotas.listTeam.queryOptions({ id: team_id })).data?.items.find((q) => q.site === site);
  const keyOf = useKeys();
  const retry = useChange({ act: () => client.projects.retry.mutate({ id }, once(keyOf(updated_at))) });
  if (!may.retry) return <Text>Nothing of it is left. A lead of {team_name} can retry it.</Text>;
  const free = quota && freeAt(quota);
  return (
    <>
      <Text className="numbers">
        Nothing of it is left. Once the cause is gone, retry it: this holds {quantity(cpu, 'cpu')} and {count(ram_gb)}{' '}
        GiB again{free && `, of ${count(free.cpu)} cores and ${count(free.ram_gb)} GiB that ${team_name} has free`}.
      </Text>
      <Button leftSection={<IconRefresh size={16} />} loading={retry.pending} onClick={() => retry.run(undefined)}>
        Retry
      </Button>
      {retry.problem && <ProblemAlert problem={retry.problem} />}
    </>
  );
}
