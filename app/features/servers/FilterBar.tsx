import { Group } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { FilterSelect } from '../../ui/FilterSelect.tsx';
import { count } from '../../ui/format.ts';
import { SearchInput } from '../../ui/SearchInput.tsx';
import { TIER_NAME } from '../projects/words.ts';
import { asked, type ServerFilters } from './filters.ts';

type FilterBarProps = {
  filters: ServerFilters;
  onChange: (change: Partial<Record<keyof ServerFilters, string | undefined>>) => void;
};

type Facet = { value: string; count: number };
const choices = (facet: Facet[] = [], name: (value: string) => string = (value) => value) =>
  facet.map((choice) => ({ value: choice.value, label: `${name(choice.value)} (${count(choice.count)})` }));

const STATUS_NAME: Record<string, string> = { online: 'Online', offline: 'Offline' };
const tierNames: Record<string, string> = TIER_NAME;

/** What servers can be filtered by, each choice with how many it would show. */
export function FilterBar({ filters, onChange }: FilterBarProps) {
  const facets = useQuery({
    ...api.servers.facets.queryOptions(asked(filters)),
    placeholderData: keepPreviousData,
  }).data;
  return (
    <Group gap="xs">
      <SearchInput label="Server name" value={filters.text} onChange={(text) => onChange({ text })} />
      <FilterSelect
        label="Site"
        value={filters.site}
        choices={choices(facets?.sites)}
        onChange={(site) => onChange({ site })}
      />
      <FilterSelect
        label="Tier"
        value={filters.performance_tier}
        choices={choices(facets?.performance_tiers, (value) => tierNames[value] ?? value)}
        onChange={(performance_tier) => onChange({ performance_tier })}
      />
      <FilterSelect
        label="Status"
        value={filters.status}
        choices={choices(facets?.statuses, (value) => STATUS_NAME[value] ?? value)}
        onChange={(status) => onChange({ status })}
      />
      <FilterSelect
        label="Given or free"
        value={filters.allocated}
        choices={[
          { value: 'no', label: `Free (${count(facets?.allocated.free ?? 0)})` },
          { value: 'yes', label: `Given to a field (${count(facets?.allocated.allocated ?? 0)})` },
        ]}
        onChange={(allocated) => onChange({ allocated })}
      />
      <FilterSelect
        label="Field"
        value={filters.field_id}
        choices={(facets?.fields ?? []).map((f) => ({ value: f.value, label: `${f.name} (${count(f.count)})` }))}
        onChange={(field_id) => onChange({ field_id })}
      />
    </Group>
  );
}
