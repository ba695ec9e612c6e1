import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';

type SearchInputProps = { label: string; value: string | undefined; onChange: (text: string | undefined) => void };

/** Text to search for; told onwards when the typing pauses. */
export function SearchInput({ label, value, onChange }: SearchInputProps) {
  const [text, setText] = useState(value ?? '');
  const [seen, setSeen] = useState({ value, told: value });
  if (value !== seen.value) {
    // Set from elsewhere, such as by clearing all filters: what is typed follows.
    if (value !== seen.told) setText(value ?? '');
    setSeen({ value, told: value });
  }
  const tell = useDebouncedCallback((next: string) => {
    const told = next.trim() || undefined;
    setSeen({ ...seen, told });
    onChange(told);
  }, 250);
  const change = (next: string) => {
    setText(next);
    tell(next);
  };
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      leftSection={<IconSearch size={16} />}
      rightSection={text && <CloseButton size="sm" aria-label="Clear the search" onClick={() => change('')} />}
      w={{ base: '100%', xs: 212 }}
    />
  );
}
