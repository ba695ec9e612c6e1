import { Anchor, Breadcrumbs, Group } from '@mantine/core';
import { useNavigate } from '@remix-run/react';
import { useQuery } from '@tanstack/react-query';
import { lazy } from 'react';
import { z } from 'zod';
import { api } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { FilterSelect } from '../../ui/FilterSelect.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Segments } from '../../ui/Segments.tsx';
import { useUrlFilters } from '../../ui/use-url-filters.ts';
import { WhenShown } from '../../ui/WhenShown.tsx';
import { CapacityLegend } from '../capacity/CapacityLegend.tsx';
import { RESOURCE_CHOICES, RESOURCES } from '../capacity/capacity.ts';
import type { Usage } from '../capacity/usage.ts';
import { flatten, type OrgNode, pathTo } from '../org/tree.ts';
import { useOrg } from '../org/use-org.ts';
import { gaveBack } from '../projects/status.ts';
import classes from './Holders.module.css';
import { HoldersTable } from './HoldersTable.tsx';
import { type Tile, tilesOf, tilesOfNodes, topsOf } from './tiles.ts';

const Treemap = lazy(() => import('./Treemap.tsx'));

const AS = [
  { value: 'map', label: 'Map' },
  { value: 'table', label: 'Table' },
] as const;

const filterShape = z.object({
  holder: z.string().optional(),
  site: z.string().optional(),
  resource: z.enum(RESOURCES).default('cpu'),
  as: z.enum(['map', 'table']).default('map'),
});

/** The most projects of one team that are drawn; its page lists them all. */
const MAX_PROJECTS = 200;

/** Who holds what, from the top down to single projects; as a map, or as a table. */
export function Holders({ usage }: { usage: Usage }) {
  const { filters, set } = useUrlFilters(filterShape);
  const { roots = [] } = useOrg();
  const navigate = useNavigate();
  const tops = topsOf(roots);
  const only = tops.length === 1 ? tops[0] : undefined;
  const node = flatten(roots).find(({ id, inScope }) => id === filters.holder && inScope) ?? only;
  const projects = useQuery({
    ...api.projects.list.queryOptions({ team_id: node?.id, limit: MAX_PROJECTS }),
    enabled: node?.level === 'team',
  });
  const holding = (projects.data?.items ?? []).filter(({ status }) => !gaveBack(status));
  const held = { usage, site: filters.site, projects: holding };
  const tiles = node ? tilesOf(node, held) : tilesOfNodes(tops, held);
  const open = ({ id, kind, href }: Tile) => {
    if (kind === 'project' && href) void navigate(href);
    else set({ holder: id });
  };
  const label = `Who holds what${node ? ` of ${node.name}` : ''}`;
  return (
    <Panel
      title="Who holds what"
      hint={<Trail node={node} root={only} onOpen={(id) => set({ holder: id })} />}
      actions={
        <Group gap="xs">
          <FilterSelect
            label="Site"
            any="All sites"
            value={filters.site}
            choices={usage.sites.map(({ site }) => ({ value: site, label: site }))}
            onChange={(site) => set({ site })}
          />
          {filters.as === 'map' && (
            <Segments
              label="Resource"
              choices={RESOURCE_CHOICES}
              value={filters.resource}
              onChange={(resource) => set({ resource })}
            />
          )}
          <Segments label="Shown as" choices={AS} value={filters.as} onChange={(as) => set({ as })} />
          <CsvButton name="usage" fetchCsv={() => fetchCsv('/reports/usage', { site: filters.site })} />
        </Group>
      }
    >
      <div className={classes.legend}>
        <CapacityLegend />
      </div>
      {tiles.length === 0 && (
        <Empty title="Nobody holds anything here yet">
          Capacity shows as soon as servers are given to a field and quotas are granted.
        </Empty>
      )}
      {tiles.length > 0 &&
        (filters.as === 'table' ? (
          <div className={classes.table}>
            <HoldersTable label={label} tiles={tiles} />
          </div>
        ) : (
          <div className={classes.map}>
            <WhenShown height="var(--map-height)">
              <Treemap label={label} tiles={tiles} resource={filters.resource} onOpen={open} />
            </WhenShown>
          </div>
        ))}
    </Panel>
  );
}

type TrailProps = {
  node: OrgNode | undefined;
  root: OrgNode | undefined;
  onOpen: (id: string | undefined) => void;
};

/** From everything down to what is shown; each step leads back. */
function Trail({ node, root, onOpen }: TrailProps) {
  const path = node ? pathTo(node).filter(({ inScope }) => inScope) : [];
  const steps = root ? path : [undefined, ...path];
  return (
    <Breadcrumbs separatorMargin={6} fz="xs">
      {steps.map((step) =>
        step?.id === node?.id ? (
          <span key="here">{step?.name ?? 'Everything'}</span>
        ) : (
          <Anchor key={step?.id ?? 'all'} component="button" type="button" fz="xs" onClick={() => onOpen(step?.id)}>
            {step?.name ?? 'Everything'}
          </Anchor>
        ),
      )}
    </Breadcrumbs>
  );
}
