import { useCallbackRef } from '@mantine/hooks';
import type { RowSelectionState } from '@tanstack/react-table';
import { useRef } from 'react';

/** Tells what is chosen after a change, by what was before it. */
export type Choose = (change: (before: RowSelectionState) => RowSelectionState) => void;

/** Chooses one row or takes it back; with Shift all rows from the one before to this. The answer is always the same function. */
export function useChoosing<T>(rows: T[], rowId: (row: T) => string, onChange: Choose | undefined) {
  const before = useRef<string>();
  return useCallbackRef((id: string, chosen: boolean, withShift: boolean) => {
    const [from, to] = [withShift ? before.current : id, id]
      .map((one) => rows.findIndex((row) => rowId(row) === one))
      .sort((a, b) => a - b);
    const between = from === undefined || from < 0 ? [id] : rows.slice(from, to === undefined ? to : to + 1).map(rowId);
    before.current = id;
    onChange?.((all) => ({ ...all, ...Object.fromEntries(between.map((one) => [one, chosen])) }));
  });
}
