import { Select } from '@mantine/core';

type Choice = { value: string; label: string };
type FilterSelectProps = {
  label: string;
  /** What is shown while nothing is chosen; the label where it says enough. */
  any?: string;
  value: string | undefined;
  choices: Choice[];
  onChange: (value: string | undefined) => void;
};

/** One filter over a handful of choices; empty means any. */
export function FilterSelect({ label, any = label, value, choices, onChange }: FilterSelectProps) {
  return (
    <Select
      aria-label={label}
      placeholder={any}
      data={choices}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      clearable
      searchable={choices.length > 8}
      w={{ base: 'calc(50% - 5px)', xs: 158 }}
      clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
    />
  );
}
