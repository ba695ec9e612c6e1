import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, client } from '../../api.ts';
import { useChange } from '../../change.ts';
import { ConfirmDialog, Losses } from '../../ui/ConfirmDialog.tsx';
import { count, plural } from '../../ui/format.ts';
import { quantity } from '../capacity/capacity.ts';
import { CapacityPreview } from './CapacityPreview.tsx';
import { inCalls } from './in-calls.ts';
import { capacityBySite, shortOf } from './selection.ts';
import type { Server } from './server-columns.tsx';

type ReleaseDialogProps = {
  field: { id: string; name: string };
  servers: Server[];
  onClose: () => void;
  onDone: () => void;
};

/** Takes the chosen servers from their field, all or none; says beforehand where quotas still rest on them. */
export function ReleaseDialog({ field, servers, onClose, onDone }: ReleaseDialogProps) {
  const sites = useQuery(api.allocations.fieldCapacity.queryOptions({ id: field.id })).data?.sites ?? [];
  const shortages = capacityBySite(servers).flatMap(({ site, totals }) =>
    shortOf(
      sites.find((candidate) => candidate.site === site),
      totals,
    ).map(({ resource, by }) => `${quantity(by, resource)} at ${site} that departments were granted`),
  );
  const [released, setReleased] = useState(0);
  const act = `Release ${plural(servers.length, 'server')}`;
  const release = useChange({
    act: () =>
      inCalls(
        servers.map((server) => server.id),
        (server_ids) => client.allocations.releaseServers.mutate({ id: field.id, server_ids }),
        setReleased,
      ),
    done: () => `${plural(servers.length, 'server')} of ${field.name} are free now.`,
    after: onDone,
  });
  return (
    <ConfirmDialog
      title={`${act} of ${field.name}`}
      name={field.name}
      act={act}
      impossible={shortages.length > 0}
      pending={release.pending}
      problem={release.problem}
      onConfirm={() => release.run(undefined)}
      onClose={onClose}
    >
      <Stack>
        {shortages.length > 0 ? (
          <div>
            <Text>These servers cannot be taken away: their capacity is granted. It would be short of</Text>
            <Losses lines={shortages} />
            <Text c="dimmed">Lower quotas of the field’s departments first, or release fewer servers.</Text>
          </div>
        ) : (
          <Text>{field.name} loses this capacity. Nothing that runs is stopped.</Text>
        )}
        <CapacityPreview field={field} servers={servers} sign={-1} />
        {released > 0 && (
          <Text role="status">
            {count(released)} of {count(servers.length)} are released.
          </Text>
        )}
      </Stack>
    </ConfirmDialog>
  );
}
