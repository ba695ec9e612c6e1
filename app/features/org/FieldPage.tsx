import { Anchor, Stack } from '@mantine/core';
import { Link } from '@remix-run/react';
import { useQuery } from '@tanstack/react-query';
import { api, type Outputs } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { plural } from '../../ui/format.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { LoadingLines } from '../../ui/states.tsx';
import { useCan } from '../auth/permissions.ts';
import { type Amounts, amountsOf, perResource } from '../capacity/amounts.ts';
import { Sites } from '../capacity/Sites.tsx';
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
    <Page title={node?.name ?? 'Field'} description={node?.parent && `Field of ${node.parent.name}`}>
      <Loaded query={capacity}>
        {({ sites }) => (
          <Loaded query={usage}>
            {(data) =>
              node ? (
                <Stack gap="lg">
                  {sites.length > 0 && (
                    <Sites
                      name={node.name}
                      title="Capacity by site"
                      sites={sites.map((site) => ({
                        site: site.site,
                        amounts: amountsAt(node, site, data),
                        aside: serversOf(node, site),
                      }))}
                      fetchCsv={() => fetchCsv('/reports/usage', {})}
                    />
                  )}
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

function serversOf(field: OrgNode, { site, servers, servers_online }: SiteCapacity) {
  const list = `/servers?${new URLSearchParams({ field_id: field.id, site })}`;
  return (
    <Anchor component={Link} to={list} size="xs">
      {plural(servers, 'server')}
      {servers_online < servers && `, ${servers - servers_online} offline`}
    </Anchor>
  );
}

function amountsAt(field: OrgNode, { site, online, granted, deficit }: SiteCapacity, usage: Usage): Amounts {
  const known = amountsOf(field, usage, site);
  return perResource((resource) => ({
    capacity: online[resource],
    granted: granted[resource],
    used: known[resource].used,
    deficit: deficit[resource],
  }));
}
