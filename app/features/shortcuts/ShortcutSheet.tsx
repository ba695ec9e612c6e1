import { Kbd, Modal, Stack, Switch } from '@mantine/core';
import { Fragment } from 'react';
import { useFocusReturn } from '../../ui/use-focus-return.ts';
import classes from './ShortcutSheet.module.css';
import { useSheet } from './sheet.ts';
import { useShortcuts, useSingleKeys } from './shortcuts.ts';

/** What each key does. */
export default function ShortcutSheet() {
  useFocusReturn();
  const close = () => useSheet.setState({ open: false });
  const [singleKeys, setSingleKeys] = useSingleKeys();
  const everywhere = [
    { keys: ['Ctrl K'], label: 'Find anything (⌘K on a Mac)' },
    { keys: ['Esc'], label: 'Close what lies over the page' },
    { keys: ['Shift click'], label: 'In a list: choose all rows up to this one' },
  ];
  return (
    <Modal opened onClose={close} title="Keyboard shortcuts">
      <Stack>
        <dl className={classes.keys}>
          {[...everywhere, ...useShortcuts()].map(({ keys, label }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>
                {keys.map((key, at) => (
                  <Fragment key={key}>
                    {at > 0 && ' then '}
                    <Kbd>{key}</Kbd>
                  </Fragment>
                ))}
              </dd>
            </div>
          ))}
        </dl>
        <Switch
          label="Single keys act"
          description="Switch it off where they get in the way, as with speech input"
          checked={singleKeys}
          onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        />
      </Stack>
    </Modal>
  );
}
