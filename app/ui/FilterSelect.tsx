import { Select } from '@mantine/core';

type Choice = { value: string; label: string };
type FilterSelectProps = {
  label: string;
  value: string | undefined;
  choices: Choice[];
  onChange: (value: string | undefined) => void;
};

/** One filter over a handful of choices; empty means any. */
export function FilterSelect({ label, value, choices, onChange }: FilterSelectProps) {
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={choices}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      clearable
      searchable={choices.length > 8}
      w={{ base: '47%', xs: 170 }}
      clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
    />
  );
}
