import { Anchor, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { Link } from '@remix-run/react';
import { useQuery } from '@tanstack/react-query';
import { api, type Outputs } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { plural } from '../../ui/format.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { LoadingLines } from '../../ui/states.tsx';
import { useCan } from '../auth/permissions.ts';
import { amountsOf } from '../capacity/amounts.ts';
import { CapacityLine } from '../capacity/CapacityLine.tsx';
import { RESOURCES } from '../capacity/capacity.ts';
import type { Usage } from '../capacity/usage.ts';
import { UsageHistory } from '../history/UsageHistory.tsx';
import { QuotaBoard } from '../quotas/QuotaBoard.tsx';
import { type OrgNode, placeOf } from './tree.ts';
import { useNode } from './use-org.ts';

type SiteCapacity = Outputs['allocations']['fieldCapacity']['sites'][number];

/** A field: what its servers give, and what its departments were given. */
export function FieldPage({ id }: { id: string }) {
  const capacity = useQuery(api.allocations.fieldCapacity.queryOptions({ id }));
  const usage = useQuery(api.reports.usage.queryOptions({}));
  const node = useNode(id);
  const can = useCan();
  return (
    <Page
      title={node?.name ?? 'Field'}
      description={node?.parent && `Field of ${node.parent.name}`}
      actions={<CsvButton name="usage" fetchCsv={() => fetchCsv('/reports/usage', {})} />}
    >
      <Loaded query={capacity}>
        {({ sites }) => (
          <Loaded query={usage}>
            {(data) =>
              node ? (
                <Stack gap="lg">
                  <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }}>
                    {sites.map((site) => (
                      <SiteCapacityCard key={site.site} field={node} site={site} usage={data} />
                    ))}
                  </SimpleGrid>
                  <QuotaBoard
                    parent={node}
                    level="department"
                    usage={data}
                    sites={sites.map(({ site }) => site)}
                    mayEdit={can('department_quotas.set', placeOf(node))}
                  />
                  <UsageHistory node={node} />
                </Stack>
              ) : (
                <LoadingLines />
              )
            }
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

function SiteCapacityCard({ field, site, usage }: { field: OrgNode; site: SiteCapacity; usage: Usage }) {
  const used = amountsOf(field, usage, site.site);
  const servers = `/servers?${new URLSearchParams({ field_id: field.id, site: site.site })}`;
  return (
    <Panel>
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Text fw={600} className="mono">
            {site.site}
          </Text>
          <Anchor component={Link} to={servers} size="xs">
            {plural(site.servers, 'server')}
            {site.servers_online < site.servers && `, ${site.servers - site.servers_online} offline`}
          </Anchor>
        </Group>
        {RESOURCES.map((resource) => (
          <CapacityLine
            key={resource}
            label={`${field.name} at ${site.site}`}
            resource={resource}
            amount={{
              capacity: site.online[resource],
              granted: site.granted[resource],
              used: used[resource].used,
              deficit: site.deficit[resource],
            }}
          />
        ))}
      </Stack>
    </Panel>
  );
}
