import { Button, Group, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';

/** Says that a long list has changed since it was read. */
export function Outdated({ onRefresh }: { onRefresh: () => void }) {
  return (
    <Group gap="xs" px={18} py={6} role="status">
      <Text size="xs" c="dimmed">
        Something in this list has changed since you opened it.
      </Text>
      <Button size="compact-xs" variant="subtle" leftSection={<IconRefresh size={14} />} onClick={onRefresh}>
        Read it again
      </Button>
    </Group>
  );
}
