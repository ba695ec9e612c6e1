import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { api } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { SitePicker } from '../../ui/SitePicker.tsx';
import { useUrlFilters } from '../../ui/use-url-filters.ts';
import { useHolds } from '../auth/permissions.ts';
import { CapacityLegend } from '../capacity/CapacityLegend.tsx';
import { type NodeAct, NodeDialog } from './NodeDialogs.tsx';
import { OrgTree } from './OrgTree.tsx';
import { useOrg } from './use-org.ts';

const filterShape = z.object({ site: z.string().optional() });

/** The organisation: who belongs where, and what each holds. */
export function Organisation() {
  const { roots, query } = useOrg();
  const usage = useQuery(api.reports.usage.queryOptions({}));
  const { filters, set } = useUrlFilters(filterShape);
  const [act, setAct] = useState<NodeAct>();
  const holds = useHolds();
  const newCenter = holds('centers.manage') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setAct({ kind: 'create', parent: undefined })}>
      New center
    </Button>
  );
  const sites = usage.data?.sites.map(({ site }) => site) ?? [];
  return (
    <Page
      title="Organisation"
      description="Centers, fields, departments and teams, and what each of them holds."
      actions={
        <>
          <CsvButton name="usage" fetchCsv={() => fetchCsv('/reports/usage', filters)} />
          {newCenter}
        </>
      }
    >
      <Panel
        flush
        title={<SitePicker sites={sites} value={filters.site} all="All sites" onChange={(site) => set({ site })} />}
        actions={<CapacityLegend />}
      >
        <Loaded query={query}>
          {() =>
            roots && roots.length > 0 ? (
              <Loaded query={usage}>
                {(data) => <OrgTree roots={roots} usage={data} site={filters.site} onAct={setAct} />}
              </Loaded>
            ) : (
              <Empty title="There is no organisation yet" action={newCenter}>
                Start with a center; fields, departments and teams come below it.
              </Empty>
            )
          }
        </Loaded>
      </Panel>
      <NodeDialog act={act} onClose={() => setAct(undefined)} />
    </Page>
  );
}
