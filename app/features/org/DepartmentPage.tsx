import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { LoadingLines } from '../../ui/states.tsx';
import { useCan } from '../auth/permissions.ts';
import { amountsOf } from '../capacity/amounts.ts';
import { Sites } from '../capacity/Sites.tsx';
import { UsageHistory } from '../history/UsageHistory.tsx';
import { QuotaBoard } from '../quotas/QuotaBoard.tsx';
import { SetQuota } from '../quotas/SetQuota.tsx';
import { placeOf } from './tree.ts';
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
      actions={node && <SetQuota level="department" node={node} />}
    >
      <Loaded query={quotas}>
        {({ items }) => (
          <Loaded query={usage}>
            {(data) =>
              node ? (
                <Stack gap="lg">
                  {items.length > 0 && (
                    <Sites
                      name={node.name}
                      title="Quota by site"
                      sites={items.map(({ site }) => ({ site, amounts: amountsOf(node, data, site) }))}
                      fetchCsv={() => fetchCsv(`/departments/${id}/quotas`, {})}
                    />
                  )}
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
