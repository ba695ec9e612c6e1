import { Group, Stack, Text } from '@mantine/core';
import { count, percent } from '../../ui/format.ts';
import { CapacityBar } from './CapacityBar.tsx';
import { type Amount, quantity, RESOURCE_NAME, type Resource, segmentsOf, UNIT } from './capacity.ts';

type CapacityLineProps = {
  label: string;
  resource: Resource;
  amount: Amount;
  /** What is told beside the bar: what can still be given away, or how much of a quota is used. */
  tell?: 'free' | 'used';
};

/** One resource as a bar with its numbers above. */
export function CapacityLine({ label, resource, amount, tell = 'free' }: CapacityLineProps) {
  const { over, free } = segmentsOf(amount);
  const unit = UNIT[resource];
  return (
    <Stack gap={5}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="xs" fw={550}>
          {RESOURCE_NAME[resource]}
        </Text>
        <Text size="xs" className="numbers" c="dimmed">
          {over > 0 ? (
            <>
              {free > 0 && `${count(free)} free · `}
              <Text span inherit c="var(--status-bad)">
                {quantity(over, resource)} over-allocated
              </Text>
            </>
          ) : tell === 'free' ? (
            `${count(free)} of ${count(amount.capacity)} ${unit} free`
          ) : (
            `${count(amount.used)} of ${count(amount.capacity)} ${unit} used · ${percent(amount.used, amount.capacity)}`
          )}
        </Text>
      </Group>
      <CapacityBar label={`${label} ${RESOURCE_NAME[resource]}`} resource={resource} amount={amount} />
    </Stack>
  );
}
