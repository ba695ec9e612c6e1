import { Group, Stack, Text } from '@mantine/core';
import { count, delta } from '../../ui/format.ts';
import { CapacityBar } from './CapacityBar.tsx';
import { type Amount, quantity, RESOURCE_NAME, type Resource, segmentsOf, UNIT } from './capacity.ts';

type BeforeAfterProps = { label: string; resource: Resource; before: Amount; after: Amount; of?: 'granted' | 'used' };

/** What a change does to one resource: the bar before, the bar after, and what is left ungranted or, of a quota, unused. */
export function BeforeAfter({ label, resource, before, after, of = 'granted' }: BeforeAfterProps) {
  const scale = Math.max(segmentsOf(before).whole, segmentsOf(after).whole);
  const left = (amount: Amount) => amount.capacity - amount[of];
  const change = left(after) - left(before);
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <Text size="xs" fw={550}>
          {label} · {RESOURCE_NAME[resource]}
        </Text>
        <Text size="xs" className="numbers" c={left(after) < 0 ? 'var(--status-bad)' : 'dimmed'}>
          {count(left(before))} →{' '}
          {left(after) < 0 ? (
            <b>{quantity(-left(after), resource)} short</b>
          ) : (
            <>
              <b>{count(left(after))}</b> {UNIT[resource]} free
            </>
          )}
          {change !== 0 && ` (${delta(change)})`}
        </Text>
      </Group>
      <CapacityBar label={`${label} before`} resource={resource} amount={before} scale={scale} size="sm" />
      <CapacityBar label={`${label} after`} resource={resource} amount={after} scale={scale} size="sm" />
    </Stack>
  );
}
