import { Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { CsvButton } from '../../ui/CsvButton.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Segments } from '../../ui/Segments.tsx';
import type { Amounts } from './amounts.ts';
import { CapacityLegend } from './CapacityLegend.tsx';
import { CapacityLine } from './CapacityLine.tsx';
import { RESOURCES } from './capacity.ts';
import { SitesTable } from './SitesTable.tsx';

/** What somebody has at one site. */
export type SiteAmounts = { site: string; amounts: Amounts; aside?: ReactNode };

const AS = [
  { value: 'bars', label: 'Bars' },
  { value: 'table', label: 'Table' },
] as const;

type SitesProps = {
  /** Whose capacity this is. */
  name: string;
  title: string;
  sites: SiteAmounts[];
  tell?: 'free' | 'used';
  fetchCsv: () => Promise<Blob>;
};

/** What somebody has, site by site: as bars, or as a table. */
export function Sites({ name, title, sites, tell = 'free', fetchCsv }: SitesProps) {
  const [as, setAs] = useState<'bars' | 'table'>('bars');
  return (
    <Panel
      title={title}
      hint={as === 'bars' && <CapacityLegend />}
      flush={as === 'table'}
      actions={
        <Group gap="xs">
          <Segments label="Sites shown as" choices={AS} value={as} onChange={setAs} />
          <CsvButton name={`${name}-by-site`} fetchCsv={fetchCsv} />
        </Group>
      }
    >
      {as === 'table' ? (
        <SitesTable label={title} sites={sites} />
      ) : (
        <SimpleGrid cols={{ base: 1, xs: Math.min(2, sites.length), lg: Math.min(4, sites.length) }} spacing={32}>
          {sites.map((site) => (
            <SiteBars key={site.site} name={name} tell={tell} {...site} />
          ))}
        </SimpleGrid>
      )}
    </Panel>
  );
}

function SiteBars({ name, site, amounts, aside, tell }: SiteAmounts & { name: string; tell: 'free' | 'used' }) {
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <Text fw={600} className="mono">
          {site}
        </Text>
        {aside}
      </Group>
      {RESOURCES.map((resource) => (
        <CapacityLine
          key={resource}
          label={`${name} at ${site}`}
          resource={resource}
          amount={amounts[resource]}
          tell={tell}
        />
      ))}
    </Stack>
  );
}
