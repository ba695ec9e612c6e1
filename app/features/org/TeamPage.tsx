import { Button, Stack } from '@mantine/core';
import { Link } from '@remix-run/react';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Outputs } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { useCan } from '../auth/permissions.ts';
import { type Amounts, perResource } from '../capacity/amounts.ts';
import { Sites } from '../capacity/Sites.tsx';
import { UsageHistory } from '../history/UsageHistory.tsx';
import { ProjectList } from '../projects/ProjectList.tsx';
import { LedgerDrawer } from '../quotas/LedgerDrawer.tsx';
import { SetQuota } from '../quotas/SetQuota.tsx';
import { placeOf } from './tree.ts';
import { useNode } from './use-org.ts';

type TeamQuota = Outputs['quotas']['listTeam']['items'][number];

/** A team: its quota at each site, how its usage adds up, and its projects. */
export function TeamPage({ id }: { id: string }) {
  const quotas = useQuery(api.quotas.listTeam.queryOptions({ id }));
  const node = useNode(id);
  const can = useCan();
  const [explained, setExplained] = useState<string>();
  const name = node?.name ?? 'Team';
  return (
    <Page
      title={name}
      description={node?.parent && `Team of ${node.parent.name}`}
      actions={
        node && (
          <>
            <SetQuota level="team" node={node} />
            {can('projects.create', placeOf(node)) && (
              <Button component={Link} to={`/projects/new?team=${id}`} leftSection={<IconPlus size={16} />}>
                New project
              </Button>
            )}
          </>
        )
      }
    >
      <Loaded query={quotas}>
        {({ items }) => (
          <Stack gap="lg">
            {items.length === 0 ? (
              <Panel>
                <Empty title="This team has no quota yet">A department admin gives it one, site by site.</Empty>
              </Panel>
            ) : (
              <Sites
                name={name}
                title="Quota by site"
                sites={items.map((quota) => ({
                  site: quota.site,
                  amounts: amountsOfQuota(quota),
                  aside: (
                    <Button size="compact-xs" variant="subtle" mr={-8} onClick={() => setExplained(quota.site)}>
                      How it adds up
                    </Button>
                  ),
                }))}
                tell="used"
                fetchCsv={() => fetchCsv(`/teams/${id}/quotas`, {})}
              />
            )}
            <ProjectList fixed={{ team_id: id }} title="Projects" />
            {node && items.length > 0 && <UsageHistory node={node} />}
          </Stack>
        )}
      </Loaded>
      {explained && <LedgerDrawer team={{ id, name }} site={explained} onClose={() => setExplained(undefined)} />}
    </Page>
  );
}

const amountsOfQuota = (quota: TeamQuota): Amounts =>
  perResource((resource) => ({
    capacity: quota[`${resource}_limit`],
    granted: quota[`${resource}_limit`],
    used: quota[`${resource}_used`],
  }));
