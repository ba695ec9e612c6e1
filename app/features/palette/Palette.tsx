import { Combobox, Kbd, Modal, Text, TextInput, useCombobox } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useFocusReturn } from '../../ui/use-focus-return.ts';
import type { EntryGroup } from './entries.ts';
import classes from './Palette.module.css';
import { useGroups } from './use-groups.ts';

/** Goes anywhere and does anything by typing a part of its name. */
export default function Palette({ onClose }: { onClose: () => void }) {
  useFocusReturn();
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={600}
      yOffset="12vh"
      centered={false}
      title="Find anything"
      classNames={{ header: classes.header ?? '' }}
    >
      <Finder onClose={onClose} />
    </Modal>
  );
}

const LIST_ID = 'palette-options';

function Finder({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [active, setActive] = useState<string | null>(null);
  const groups = useGroups(text);
  const combobox = useCombobox({ opened: true });
  const entries = groups.flatMap((group) => group.entries);
  const offered = entries.map(({ id }) => id).join();
  const { selectFirstOption } = combobox;
  // Whenever other entries are offered, the first of them is what Enter takes.
  useEffect(() => setActive(offered === '' ? null : selectFirstOption()), [offered, selectFirstOption]);
  const choose = (id: string) => {
    onClose();
    entries.find((entry) => entry.id === id)?.act();
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || !['ArrowDown', 'ArrowUp', 'Enter'].includes(event.key)) return;
    event.preventDefault();
    if (event.key === 'ArrowDown') setActive(combobox.selectNextOption());
    if (event.key === 'ArrowUp') setActive(combobox.selectPreviousOption());
    if (event.key === 'Enter') combobox.clickSelectedOption();
  };
  return (
    <>
      <Combobox store={combobox} onOptionSubmit={choose}>
        <TextInput
          role="combobox"
          aria-expanded
          aria-controls={LIST_ID}
          aria-autocomplete="list"
          {...(active && { 'aria-activedescendant': active })}
          aria-label="Find a page, team, project, server or action"
          placeholder="Find a page, team, project, server or action"
          variant="unstyled"
          size="md"
          classNames={{ wrapper: classes.search ?? '' }}
          leftSection={<IconSearch size={18} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={press}
          data-autofocus
        />
        <Combobox.Options id={LIST_ID} className={classes.options ?? ''} aria-label="Found">
          {groups.map((group) => (
            <Group key={group.name} group={group} />
          ))}
          {groups.length === 0 && <Combobox.Empty>Nothing is called that.</Combobox.Empty>}
        </Combobox.Options>
      </Combobox>
      <Text size="xs" c="dimmed" className={classes.foot ?? ''}>
        <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> choose · <Kbd size="xs">Enter</Kbd> go · <Kbd size="xs">Esc</Kbd>{' '}
        close
      </Text>
    </>
  );
}

function Group({ group: { name, entries } }: { group: EntryGroup }) {
  return (
    <Combobox.Group label={name}>
      {entries.map(({ id, label, hint, icon: Icon }) => (
        <Combobox.Option key={id} value={id} className={classes.option ?? ''}>
          <Icon size={17} stroke={1.75} aria-hidden />
          <span>{label}</span>
          {hint && <span className={classes.hint}>{hint}</span>}
        </Combobox.Option>
      ))}
    </Combobox.Group>
  );
}
