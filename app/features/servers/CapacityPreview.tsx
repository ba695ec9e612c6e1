import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { BeforeAfter } from '../capacity/BeforeAfter.tsx';
import { RESOURCES } from '../capacity/capacity.ts';
import { capacityBySite } from './selection.ts';
import type { Server } from './server-columns.tsx';

type CapacityPreviewProps = { field: { id: string; name: string }; servers: Server[]; sign: 1 | -1 };

/** A field's capacity before and after it is given these servers (`sign` 1) or they are taken from it (-1). */
export function CapacityPreview({ field, servers, sign }: CapacityPreviewProps) {
  const query = useQuery(api.allocations.fieldCapacity.queryOptions({ id: field.id }));
  return (
    <Loaded query={query}>
      {({ sites }) => (
        <Stack gap="md">
          {capacityBySite(servers).map(({ site, totals }) => {
            const now = sites.find((candidate) => candidate.site === site);
            return (
              <Stack key={site} gap="xs">
                {RESOURCES.map((resource) => {
                  const capacity = now?.online[resource] ?? 0;
                  const before = { capacity, granted: now?.granted[resource] ?? 0, used: 0 };
                  const after = { ...before, capacity: capacity + sign * totals[resource] };
                  return (
                    <BeforeAfter
                      key={resource}
                      label={`${field.name} at ${site}`}
                      resource={resource}
                      before={before}
                      after={after}
                    />
                  );
                })}
              </Stack>
            );
          })}
        </Stack>
      )}
    </Loaded>
  );
}
