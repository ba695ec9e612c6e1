import { ActionIcon, Kbd, UnstyledButton } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useEndSessions } from '../sessions/end-sessions.ts';
import { usePalette, useSheet } from '../shortcuts/sheet.ts';
import { useShortcutKeys } from '../shortcuts/shortcuts.ts';
import classes from './Commands.module.css';

const Palette = lazy(() => import('./Palette.tsx'));
const EndSessions = lazy(() => import('../sessions/EndSessions.tsx'));
const ShortcutSheet = lazy(() => import('../shortcuts/ShortcutSheet.tsx'));

/** The way into the palette, and what lies over the page when it or the sheet of shortcuts is open. */
export function Commands() {
  const palette = usePalette(({ open }) => open);
  const sheet = useSheet(({ open }) => open);
  const ending = useEndSessions();
  useShortcutKeys();
  const open = () => usePalette.setState({ open: true });
  return (
    <>
      <UnstyledButton
        className={classes.find ?? ''}
        onClick={open}
        visibleFrom="sm"
        aria-keyshortcuts="Control+K Meta+K"
      >
        <IconSearch size={16} aria-hidden />
        <span>Find anything</span>
        <Kbd size="xs" aria-hidden>
          Ctrl K
        </Kbd>
      </UnstyledButton>
      <ActionIcon variant="default" size="lg" radius="xl" onClick={open} hiddenFrom="sm" aria-label="Find anything">
        <IconSearch size={18} />
      </ActionIcon>
      <Suspense fallback={null}>
        {palette && <Palette onClose={() => usePalette.setState({ open: false })} />}
        {sheet && <ShortcutSheet />}
        {ending.open && (
          <EndSessions username={ending.username} onClose={() => useEndSessions.setState({ open: false })} />
        )}
      </Suspense>
    </>
  );
}
