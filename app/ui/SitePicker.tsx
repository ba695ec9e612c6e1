import { Select } from '@mantine/core';
import { Segments } from './Segments.tsx';

const MAX_SEGMENTS = 4;

type SitePickerProps = {
  sites: string[];
  value: string | undefined;
  /** What choosing none of them means; without it, one is always chosen. */
  all?: string;
  onChange: (site: string | undefined) => void;
};

/** One site: side by side while there are few, in a list when there are many. */
export function SitePicker({ sites, value, all, onChange }: SitePickerProps) {
  const choices = [
    ...(all === undefined ? [] : [{ value: '', label: all }]),
    ...sites.map((site) => ({ value: site, label: site })),
  ];
  const choose = (site: string | null) => onChange(site || undefined);
  if (choices.length <= MAX_SEGMENTS) {
    return <Segments label="Site" choices={choices} value={value ?? ''} onChange={choose} />;
  }
  return (
    <Select
      aria-label="Site"
      data={choices}
      value={value ?? ''}
      onChange={choose}
      allowDeselect={false}
      searchable
      w={180}
    />
  );
}
