import { Group, Stack } from '@mantine/core';
import type { AuditEvent } from '../../../server/audit/audit.schema.ts';
import { CopyText } from '../../ui/CopyText.tsx';
import { changesOf } from '../../ui/changes.ts';
import { Diff } from '../../ui/Diff.tsx';
import { exactTime } from '../../ui/format.ts';

/** Before and after as a diff, and the request that did it. */
export function EventDetail({ event }: { event: AuditEvent }) {
  return (
    <Stack gap="xs">
      <Diff changes={changesOf(event.before, event.after)} none="No value was changed." />
      <Group gap="lg" c="dimmed" fz="xs">
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
