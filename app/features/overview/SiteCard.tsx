import { Group, Stack, Text } from '@mantine/core';
import { Panel } from '../../ui/Panel.tsx';
import { CapacityLine } from '../capacity/CapacityLine.tsx';
import { RESOURCES } from '../capacity/capacity.ts';
import { amountOfSite, type UsageTotal } from '../capacity/usage.ts';

/** One site of the caller's scope: CPU and RAM as bars. */
export function SiteCard({ total, tell }: { total: UsageTotal; tell: 'free' | 'used' }) {
  return (
    <Panel>
      <Stack gap="sm">
        <Group justify="space-between">
          <Text fw={600} className="mono">
            {total.site}
          </Text>
        </Group>
        {RESOURCES.map((resource) => (
          <CapacityLine
            key={resource}
            label={total.site}
            resource={resource}
            amount={amountOfSite(total, resource)}
            tell={tell}
          />
        ))}
      </Stack>
    </Panel>
  );
}
