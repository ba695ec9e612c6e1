import { SegmentedControl } from '@mantine/core';

type SegmentsProps<T extends string> = {
  label: string;
  choices: readonly { value: T; label: string }[];
  value: T;
  onChange: (value: T) => void;
};

/** One of a few, all of them in sight. */
export function Segments<T extends string>({ label, choices, value, onChange }: SegmentsProps<T>) {
  const choose = (chosen: string) => {
    const choice = choices.find((candidate) => candidate.value === chosen);
    if (choice) onChange(choice.value);
  };
  return <SegmentedControl aria-label={label} data={[...choices]} value={value} onChange={choose} />;
}
