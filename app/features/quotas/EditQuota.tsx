import { Button, Group, Modal, NumberInput, SimpleGrid, Stack } from '@mantine/core';
import { useState } from 'react';
import { client } from '../../api.ts';
import { useChange } from '../../change.ts';
import { count } from '../../ui/format.ts';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import { BeforeAfter } from '../capacity/BeforeAfter.tsx';
import { RESOURCE_NAME, RESOURCES, UNIT } from '../capacity/capacity.ts';
import { ceilingOf, floorOf, type Limits, objections, parentAfter, type QuotaSubject } from './quota-change.ts';

/** Sets one quota by number. What it does to the parent shows while typing, and so does why it would be refused. */
export function EditQuota({ subject, onClose }: { subject: QuotaSubject; onClose: () => void }) {
  const { level, id, name, site, now, parent } = subject;
  const [limits, setLimits] = useState<Limits>({ cpu: now.cpu.capacity, ram_gb: now.ram_gb.capacity });
  const why = objections(subject, limits);
  const unchanged = RESOURCES.every((resource) => limits[resource] === now[resource].capacity);
  const save = useChange({
    act: async ({ cpu, ram_gb }: Limits) => {
      const input = { id, site, cpu_limit: cpu, ram_gb_limit: ram_gb };
      await (level === 'team' ? client.quotas.setTeam.mutate(input) : client.quotas.setDepartment.mutate(input));
    },
    done: () => `${name} now has ${count(limits.cpu)} cores and ${count(limits.ram_gb)} GiB at ${site}.`,
    after: onClose,
  });
  const blocked = unchanged || Object.keys(why).length > 0;
  return (
    <Modal opened onClose={onClose} title={`Quota of ${name} at ${site}`} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!blocked) save.run(limits);
        }}
      >
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            {RESOURCES.map((resource, at) => (
              <NumberInput
                key={resource}
                label={`${RESOURCE_NAME[resource]}, ${UNIT[resource]}`}
                description={`From ${count(floorOf(subject, resource))} to ${count(ceilingOf(subject, resource))}`}
                value={limits[resource]}
                onChange={(typed) => setLimits({ ...limits, [resource]: Math.max(0, Math.trunc(Number(typed) || 0)) })}
                error={why[resource]}
                min={0}
                max={100_000_000}
                allowDecimal={false}
                allowNegative={false}
                thousandSeparator=","
                step={resource === 'cpu' ? 4 : 16}
                data-autofocus={at === 0 || undefined}
              />
            ))}
          </SimpleGrid>
          {RESOURCES.map((resource) => (
            <BeforeAfter
              key={resource}
              label={parent.name}
              resource={resource}
              before={parent.amounts[resource]}
              after={parentAfter(subject, resource, limits[resource])}
            />
          ))}
          {save.problem && <ProblemAlert problem={save.problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={blocked} loading={save.pending}>
              Set quota
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
