import { Stack, Text } from '@mantine/core';
import { plural } from '../../ui/format.ts';
import type { SyncRun } from './outcome.ts';
import classes from './RunDetail.module.css';

/** Why a run failed, and which rows of the inventory could not be used. */
export function RunDetail({ run }: { run: SyncRun }) {
  return (
    <Stack gap="xs">
      {run.error && <Text c="var(--status-bad)">{run.error}</Text>}
      {run.quarantined_rows.length > 0 && (
        <>
          <Text fw={550}>
            {plural(run.quarantined, 'row of the inventory', 'rows of the inventory')} could not be used
          </Text>
          <ul className={classes.rows}>
            {run.quarantined_rows.map(({ name, reason }) => (
              <li key={`${name} ${reason}`}>
                <code>{name ?? 'without a name'}</code> <span>{reason}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Stack>
  );
}
