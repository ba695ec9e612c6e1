import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { CsvButton } from '../../ui/CsvButton.tsx';
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

/** A department: its quota at each site, and what its teams were given of it. */
export function DepartmentPage({ id }: { id: string }) {
  const quotas = useQuery(api.quotas.listDepartment.queryOptions({ id }));
  const usage = useQuery(api.reports.usage.queryOptions({}));
  const node = useNode(id);
  const can = useCan();
  return (
    <Page
      title={node?.name ?? 'Department'}
      description={node?.parent && `Department of ${node.parent.name}`}
      actions={<CsvButton name="department-quotas" fetchCsv={() => fetchCsv(`/departments/${id}/quotas`, {})} />}
    >
      <Loaded query={quotas}>
        {({ items }) => (
          <Loaded query={usage}>
            {(data) =>
              node ? (
                <Stack gap="lg">
                  <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }}>
                    {items.map(({ site }) => (
                      <QuotaCard key={site} node={node} site={site} usage={data} />
                    ))}
                  </SimpleGrid>
                  <QuotaBoard
                    parent={node}
                    level="team"
                    usage={data}
                    sites={items.map(({ site }) => site)}
                    mayEdit={can('team_quotas.set', placeOf(node))}
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

function QuotaCard({ node, site, usage }: { node: OrgNode; site: string; usage: Usage }) {
  const amounts = amountsOf(node, usage, site);
  return (
    <Panel>
      <Stack gap="sm">
        <Text fw={600} className="mono">
          {site}
        </Text>
        {RESOURCES.map((resource) => (
          <CapacityLine
            key={resource}
            label={`${node.name} at ${site}`}
            resource={resource}
            amount={amounts[resource]}
          />
        ))}
      </Stack>
    </Panel>
  );
}
