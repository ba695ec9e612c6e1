import { Button, Paper, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import classes from './Outdated.module.css';

/** Says that a long list has changed since it was read; stands above the table, and stays in view wherever it is read. */
export function Outdated({ onRefresh }: { onRefresh: () => void }) {
  return (
    <div className={classes.place}>
      <Paper className={classes.notice ?? ''} shadow="md" role="status">
        <Text size="xs" c="dimmed">
          Something in this list has changed.
        </Text>
        <Button size="compact-xs" variant="subtle" leftSection={<IconRefresh size={14} />} onClick={onRefresh}>
          Read it again
        </Button>
      </Paper>
    </div>
  );
}
