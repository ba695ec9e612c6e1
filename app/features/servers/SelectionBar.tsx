import { Button, Group, Paper, Text } from '@mantine/core';
import { count, plural } from '../../ui/format.ts';
import classes from './SelectionBar.module.css';
import { totalsOf } from './selection.ts';
import type { Server } from './server-columns.tsx';

type SelectionBarProps = {
  servers: Server[];
  /** Everything that was fetched is chosen, and more matches the filters: all of that can be chosen as well. */
  all?: { count: number; pending: boolean; onChoose: () => void };
  onAllocate: () => void;
  onRelease: () => void;
  onClear: () => void;
};

/** What can be done with the chosen servers; it stays in view. */
export function SelectionBar({ servers, all, onAllocate, onRelease, onClear }: SelectionBarProps) {
  const { cpu, ram_gb } = totalsOf(servers);
  const fields = new Set(servers.map((server) => server.field_id));
  const oneField = fields.size === 1 && !fields.has(null);
  return (
    <Paper className={classes.bar ?? ''} shadow="md" role="region" aria-label="Chosen servers">
      <Group gap="xs">
        <Text className="numbers" aria-live="polite">
          <b>{plural(servers.length, 'server')}</b> · {count(cpu)} cores · {count(ram_gb)} GiB
        </Text>
        {all && (
          <Button size="compact-sm" variant="light" loading={all.pending} onClick={all.onChoose}>
            Choose all {count(all.count)} that match
          </Button>
        )}
      </Group>
      <Group gap="xs">
        <Button variant="subtle" color="gray" onClick={onClear}>
          Clear
        </Button>
        <Button
          variant="default"
          disabled={!oneField}
          title={oneField ? undefined : 'Choose servers of one field to release them'}
          onClick={onRelease}
        >
          Release…
        </Button>
        <Button onClick={onAllocate}>Allocate to a field…</Button>
      </Group>
    </Paper>
  );
}
