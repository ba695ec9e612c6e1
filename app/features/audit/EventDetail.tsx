import { Group, Stack, Text } from '@mantine/core';
import type { AuditEvent } from '../../../server/audit/audit.schema.ts';
import { CopyText } from '../../ui/CopyText.tsx';
import { exactTime } from '../../ui/format.ts';
import { changesOf } from './changes.ts';
import classes from './EventDetail.module.css';

/** Before and after as a diff, and the request that did it. */
export function EventDetail({ event }: { event: AuditEvent }) {
  const changes = changesOf(event.before, event.after);
  return (
    <Stack gap="xs">
      {changes.length === 0 ? (
        <Text c="dimmed">No value was changed.</Text>
      ) : (
        <dl className={classes.diff}>
          {changes.map(({ name, before, after }) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>
                {before !== undefined && <del>{before}</del>}
                {before !== undefined && after !== undefined && ' → '}
                {after !== undefined && <ins>{after}</ins>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Group gap="lg" className={classes.origin ?? ''}>
        <span>{exactTime(event.at)}</span>
        <Group gap={6}>
          Request <CopyText text={event.request_id} label="request id" />
        </Group>
        <Group gap={6}>
          {event.target_type} <CopyText text={event.target_id} label="id" />
        </Group>
      </Group>
    </Stack>
  );
}
