import { useHotkeys, useLocalStorage } from '@mantine/hooks';
import { useNavigate } from '@remix-run/react';
import { useEffect, useRef } from 'react';
import { useHolds } from '../auth/permissions.ts';
import { PAGES } from '../frame/pages.ts';
import { usePalette, useSheet } from './sheet.ts';

export type Shortcut = { keys: string[]; label: string; act: () => void };

/** How long the second key of a pair may take. */
const PAIR_MS = 1_200;

/** Whether single keys act, which gets in the way of some who speak to their computer. */
export const useSingleKeys = () => useLocalStorage({ key: 'infrahub-single-keys', defaultValue: true });

/** The keys that act wherever no text is being typed, for what the caller may do. */
export function useShortcuts(): Shortcut[] {
  const holds = useHolds();
  const navigate = useNavigate();
  const pages = PAGES.filter(({ permission }) => holds(permission)).map(({ to, label, key }) => ({
    keys: ['g', key],
    label: `Go to ${label}`,
    act: () => void navigate(to),
  }));
  const create = { keys: ['c'], label: 'New project', act: () => void navigate('/projects/new') };
  return [
    { keys: ['?'], label: 'Show these shortcuts', act: () => useSheet.setState({ open: true }) },
    { keys: ['/'], label: 'Search in the list', act: focusSearch },
    ...(holds('projects.create') ? [create] : []),
    ...pages,
  ];
}

function focusSearch(): void {
  const search = document.querySelector('input[type="search"]');
  if (search instanceof HTMLElement) search.focus();
}

const isBusy = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"], [role="listbox"]') !==
    null;

/** Listens for the shortcuts while the frame is shown. */
export function useShortcutKeys(): void {
  const shortcuts = useShortcuts();
  const [singleKeys] = useSingleKeys();
  const pressed = useRef({ key: '', at: 0 });
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useHotkeys([['mod+K', () => usePalette.setState(({ open }) => ({ open: !open }))]], []);
  useEffect(() => {
    if (!singleKeys) return;
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
      const before = Date.now() - pressed.current.at < PAIR_MS ? pressed.current.key : '';
      pressed.current = { key: event.key, at: Date.now() };
      const typed = [`${before} ${event.key}`, event.key];
      const found = latest.current.find(({ keys }) => typed.includes(keys.join(' ')));
      if (!found) return;
      event.preventDefault();
      pressed.current = { key: '', at: 0 };
      found.act();
    };
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, [singleKeys]);
}
