import { Button, Checkbox, Flex, Group } from '@mantine/core';
import { Link } from '@remix-run/react';
import { z } from 'zod';
import { performanceTier } from '../../../server/platform/schema.ts';
import { type Project, projectStatus, slaType } from '../../../server/projects/projects.schema.ts';
import { api, client } from '../../api.ts';
import { fetchCsv } from '../../download.ts';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { DataTable } from '../../ui/DataTable.tsx';
import { FilterSelect } from '../../ui/FilterSelect.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Outdated } from '../../ui/Outdated.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { SearchInput } from '../../ui/SearchInput.tsx';
import { usePages } from '../../ui/use-pages.ts';
import { useUrlFilters } from '../../ui/use-url-filters.ts';
import { useHolds } from '../auth/permissions.ts';
import { sitesOf } from '../org/tree.ts';
import { useOrg } from '../org/use-org.ts';
import { columns, columnsOfOneTeam } from './project-columns.tsx';
import { STATUS } from './status.ts';
import { SLA_NAME, TIER_NAME } from './words.ts';

const filterShape = z.object({
  text: z.string().max(100).optional(),
  site: z.string().optional(),
  status: projectStatus.optional(),
  decommissioned: z.enum(['shown']).optional(),
  sla_type: slaType.optional(),
  performance_tier: performanceTier.optional(),
  sort: z.enum(['created_at', 'name', 'updated_at']).default('created_at'),
  direction: z.enum(['asc', 'desc']).default('desc'),
});

const choicesOf = <K extends string>(names: Record<K, string>) =>
  Object.entries<string>(names).map(([value, label]) => ({ value, label }));
const STATUS_CHOICES = projectStatus.options.map((value) => ({ value, label: STATUS[value].label }));

const idOf = ({ id }: Project) => id;

type ProjectListProps = { fixed?: { team_id?: string }; title?: string };

/** Projects, filtered by what the address says, and by what is fixed. */
export function ProjectList({ fixed = {}, title }: ProjectListProps) {
  const { filters, set, any, clear } = useUrlFilters(filterShape);
  const { decommissioned, ...others } = filters;
  const isAnyShown = decommissioned === 'shown' || filters.status === 'decommissioned';
  const input = { ...others, ...fixed, ...(!isAnyShown && { decommissioned: false }), limit: 200 };
  const { query, items, more, again, outdated } = usePages(api.projects.list.queryKey(input), (cursor, options) =>
    client.projects.list.query({ ...input, ...cursor }, options),
  );
  const { roots = [] } = useOrg();
  return (
    <Panel flush {...(title && { title })}>
      <Flex
        justify="space-between"
        align="flex-start"
        gap="xs"
        wrap={{ base: 'wrap', sm: 'nowrap' }}
        px={18}
        pt="xs"
        pb="sm"
      >
        <Group gap="xs">
          <SearchInput label="Name or namespace" value={filters.text} onChange={(text) => set({ text })} />
          <FilterSelect
            label="Site"
            value={filters.site}
            choices={sitesOf(roots).map((site) => ({ value: site, label: site }))}
            onChange={(site) => set({ site })}
          />
          <FilterSelect
            label="Status"
            value={filters.status}
            choices={STATUS_CHOICES}
            onChange={(status) => set({ status })}
          />
          <FilterSelect
            label="SLA"
            value={filters.sla_type}
            choices={choicesOf(SLA_NAME)}
            onChange={(sla_type) => set({ sla_type })}
          />
          <FilterSelect
            label="Tier"
            value={filters.performance_tier}
            choices={choicesOf(TIER_NAME)}
            onChange={(performance_tier) => set({ performance_tier })}
          />
          <Checkbox
            label="Decommissioned too"
            checked={isAnyShown}
            disabled={filters.status !== undefined}
            onChange={({ currentTarget }) => set({ decommissioned: currentTarget.checked ? 'shown' : undefined })}
          />
        </Group>
        <CsvButton name="projects" fetchCsv={() => fetchCsv('/projects', input)} />
      </Flex>
      {outdated && <Outdated onRefresh={again} />}
      <Loaded query={query}>
        {() => (
          <DataTable
            label="Projects"
            rows={items}
            columns={fixed.team_id ? columnsOfOneTeam : columns}
            rowId={idOf}
            sorting={{
              by: filters.sort,
              direction: filters.direction,
              onChange: (sort, direction) => set({ sort, direction }),
            }}
            onEnd={more}
            empty={<NoProjects filtered={any} onClear={clear} />}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function NoProjects({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const holds = useHolds();
  if (filtered) {
    return (
      <Empty
        title="No project matches"
        action={
          <Button variant="default" onClick={onClear}>
            Clear the filters
          </Button>
        }
      />
    );
  }
  return holds('projects.create') ? (
    <Empty
      title="No projects yet"
      action={
        <Button component={Link} to="/projects/new">
          New project
        </Button>
      }
    >
      A project gives your team a Kubernetes namespace within a minute or so.
    </Empty>
  ) : (
    <Empty title="No projects yet">They show here as soon as a team lead creates one.</Empty>
  );
}
