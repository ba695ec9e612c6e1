import { Button, Stack } from '@mantine/core';
import { Link } from '@remix-run/react';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { useHolds } from '../auth/permissions.ts';
import { perResource } from '../capacity/amounts.ts';
import { Sites } from '../capacity/Sites.tsx';
import { amountOfSite, type Usage } from '../capacity/usage.ts';
import { UsageHistory } from '../history/UsageHistory.tsx';
import { Holders } from '../holders/Holders.tsx';
import { AttentionList } from './AttentionList.tsx';

/** Do I have room, who took it, and what needs me: for the caller's part of the organisation. */
export function Overview() {
  const usage = useQuery(api.reports.usage.queryOptions({}));
  const holds = useHolds();
  return (
    <Page
      title="Overview"
      description={
        holds('servers.read')
          ? 'Capacity, what was granted of it, and what is used.'
          : 'Your quota and what is used of it.'
      }
      actions={
        holds('projects.create') && (
          <Button component={Link} to="/projects/new" leftSection={<IconPlus size={16} />}>
            New project
          </Button>
        )
      }
    >
      <Loaded query={usage}>{(data) => <UsageOverview usage={data} />}</Loaded>
    </Page>
  );
}

function UsageOverview({ usage }: { usage: Usage }) {
  const holds = useHolds();
  return (
    <Stack gap="lg">
      {usage.sites.length === 0 ? (
        <Panel>
          <Empty title="There is no capacity here yet">
            {holds('servers.allocate')
              ? 'Give servers to a field on the Servers page; their capacity shows here.'
              : 'Nothing was granted to you yet. Ask the admin above you for a quota.'}
          </Empty>
        </Panel>
      ) : (
        <Sites
          name="All that you see"
          title={holds('servers.read') ? 'Capacity by site' : 'Quota by site'}
          sites={usage.sites.map((total) => ({
            site: total.site,
            amounts: perResource((resource) => amountOfSite(total, resource)),
          }))}
          tell={holds('teams.manage') ? 'free' : 'used'}
          fetchCsv={() => fetchCsv('/reports/usage', {})}
        />
      )}
      <AttentionList usage={usage} />
      <Holders usage={usage} />
      <UsageHistory />
    </Stack>
  );
}
