import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { client } from '../../api.ts';
import { useChange } from '../../change.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { count, plural } from '../../ui/format.ts';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import { flatten } from '../org/tree.ts';
import { useOrg } from '../org/use-org.ts';
import { CapacityPreview } from './CapacityPreview.tsx';
import { inCalls } from './in-calls.ts';
import { totalsOf } from './selection.ts';
import type { Server } from './server-columns.tsx';

type AllocateDialogProps = { servers: Server[]; onClose: () => void; onDone: () => void };

/** Gives the chosen servers to one field, all or none; shows the field's capacity after it. */
export function AllocateDialog({ servers, onClose, onDone }: AllocateDialogProps) {
  const { roots = [] } = useOrg();
  const fields = flatten(roots).filter((node) => node.level === 'field');
  const [fieldId, setFieldId] = useState<string | null>(null);
  const [allocated, setAllocated] = useState(0);
  const field = fields.find(({ id }) => id === fieldId);
  const given = servers.filter((server) => server.field_id !== null);
  const { cpu, ram_gb } = totalsOf(servers);
  const allocate = useChange({
    act: (id: string) =>
      inCalls(
        servers.map((server) => server.id),
        (server_ids) => client.allocations.allocateServers.mutate({ id, server_ids }),
        setAllocated,
      ),
    done: () => `${field?.name ?? 'The field'} now has ${plural(servers.length, 'more server', 'more servers')}.`,
    after: onDone,
  });
  const choose = (id: string | null) => {
    allocate.forget();
    setFieldId(id);
  };
  return (
    <Dialog
      title={`Allocate ${plural(servers.length, 'server')} to a field`}
      size="lg"
      pending={allocate.pending}
      onClose={onClose}
    >
      <Stack>
        <Text c="dimmed" className="numbers">
          Together {count(cpu)} cores and {count(ram_gb)} GiB.
        </Text>
        {given.length > 0 ? (
          <Text c="var(--status-bad)">
            {plural(given.length, 'server belongs', 'servers belong')} to a field already (
            {given
              .slice(0, 3)
              .map((s) => s.name)
              .join(', ')}
            {given.length > 3 && ', …'}). Release {given.length === 1 ? 'it' : 'them'} first, or choose free servers
            only.
          </Text>
        ) : (
          <Select
            label="Field"
            placeholder="Choose a field"
            data={fields.map((f) => ({ value: f.id, label: f.parent ? `${f.parent.name} / ${f.name}` : f.name }))}
            value={fieldId}
            onChange={choose}
            searchable
            data-autofocus
          />
        )}
        {field && <CapacityPreview field={field} servers={servers} sign={1} />}
        {allocated > 0 && (
          <Text role="status">
            {count(allocated)} of {count(servers.length)} are allocated.
          </Text>
        )}
        {allocate.problem && <ProblemAlert problem={allocate.problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={allocate.pending}>
            Cancel
          </Button>
          <Button
            disabled={!field || given.length > 0}
            loading={allocate.pending}
            onClick={() => field && allocate.run(field.id)}
          >
            Allocate {plural(servers.length, 'server')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
