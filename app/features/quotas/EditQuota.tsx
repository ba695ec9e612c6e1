import { Button, Group, SimpleGrid, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, client } from '../../api.ts';
import { useChange } from '../../change.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { count } from '../../ui/format.ts';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import { asProblem } from '../../ui/problem.ts';
import { RESOURCES, type Resource } from '../capacity/capacity.ts';
import { QuotaEffect } from './QuotaEffect.tsx';
import { QuotaInput } from './QuotaInput.tsx';
import {
  type Limits,
  type QuotaPlan,
  type QuotaSubject,
  sameLimits,
  type TypedLimits,
  wholeLimits,
} from './quota-change.ts';

/** Sets one quota, on its bar or by number. What it does shows while one does it, and so does why it would be refused. */
export function EditQuota({ subject, onClose }: { subject: QuotaSubject; onClose: () => void }) {
  const { level, id, name, site, now } = subject;
  const [typed, setTyped] = useState<TypedLimits>({ cpu: now.cpu.capacity, ram_gb: now.ram_gb.capacity });
  const limits = wholeLimits(typed);
  const { plan, error, planAgain, current } = usePlan(subject, typed);
  const save = useChange({
    act: async (chosen: Limits) => {
      const input = inputOf(subject, chosen);
      await (level === 'team' ? client.quotas.setTeam.mutate(input) : client.quotas.setDepartment.mutate(input));
    },
    done: (_, { cpu, ram_gb }) => `${name} now has ${count(cpu)} cores and ${count(ram_gb)} GiB at ${site}.`,
    after: onClose,
  });
  const ready = limits !== undefined && !sameLimits(limits, now) && current && plan?.allowed === true;
  const type = (resource: Resource, value: number | undefined) => {
    save.forget();
    setTyped({ ...typed, [resource]: value });
  };
  return (
    <Dialog title={`Quota of ${name} at ${site}`} size="lg" pending={save.pending} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) save.run(limits);
        }}
      >
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            {RESOURCES.map((resource, at) => (
              <QuotaInput
                key={id + resource}
                subject={subject}
                resource={resource}
                value={typed[resource]}
                error={current ? shortOf(plan, resource) : undefined}
                onChange={(value) => type(resource, value)}
                first={at === 0}
              />
            ))}
          </SimpleGrid>
          {plan && <QuotaEffect plan={plan} />}
          {save.problem && <ProblemAlert problem={save.problem} />}
          {error && <ProblemAlert problem={asProblem(error)} onRetry={planAgain} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={save.pending}>
              Keep it as it is
            </Button>
            <Button type="submit" disabled={!ready} loading={save.pending}>
              Set quota
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

const inputOf = ({ id, site }: QuotaSubject, { cpu, ram_gb }: Limits) => ({
  id,
  site,
  cpu_limit: cpu,
  ram_gb_limit: ram_gb,
});

/** The server's plan for what is typed; `current` once it is about that and nothing before. */
function usePlan(subject: QuotaSubject, typed: TypedLimits) {
  const [settled] = useDebouncedValue(typed, 150);
  const limits = wholeLimits(settled);
  const input = limits ? inputOf(subject, limits) : skipToken;
  const team = useQuery({
    ...api.quotas.planTeam.queryOptions(subject.level === 'team' ? input : skipToken),
    placeholderData: keepPreviousData,
  });
  const department = useQuery({
    ...api.quotas.planDepartment.queryOptions(subject.level === 'department' ? input : skipToken),
    placeholderData: keepPreviousData,
  });
  const { data: plan, error, refetch, isPlaceholderData } = subject.level === 'team' ? team : department;
  return { plan, error, planAgain: () => void refetch(), current: !isPlaceholderData && settled === typed };
}

/** What is missing of a resource, in words for its box; the whole refusal is told below. */
function shortOf(plan: QuotaPlan | undefined, resource: Resource): string | undefined {
  const shortage = plan?.refusal?.shortages.find((s) => s.resource === resource);
  if (!shortage) return undefined;
  return shortage.reason === 'held'
    ? `${count(shortage.short)} more are held below it`
    : `${count(shortage.short)} short; ${count(shortage.free)} free`;
}
