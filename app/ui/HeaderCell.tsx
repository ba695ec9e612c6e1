import { UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { flexRender, type Header } from '@tanstack/react-table';
import type { CSSProperties } from 'react';
import classes from './DataTable.module.css';

type Direction = 'asc' | 'desc';
export type Sorting = { by: string; direction: Direction; onChange: (by: string, direction: Direction) => void };

/** As a variable, so that narrow windows may do without. */
function widthOf(pixels: number | undefined): CSSProperties & { '--width'?: string } {
  return pixels === undefined ? {} : { '--width': `${pixels}px` };
}

/** A column's head; a button where the column can be sorted by. */
export function HeaderCell<T>({ header, sorting }: { header: Header<T, unknown>; sorting: Sorting | undefined }) {
  const { meta, header: content } = header.column.columnDef;
  const by = meta?.sort;
  const active = sorting && by === sorting.by;
  const label = flexRender(content, header.getContext());
  const Arrow = sorting?.direction === 'desc' ? IconArrowDown : IconArrowUp;
  return (
    <th
      scope="col"
      data-align={meta?.align}
      data-from={meta?.from}
      style={widthOf(meta?.width)}
      {...(active && { 'aria-sort': sorting.direction === 'asc' ? 'ascending' : 'descending' })}
    >
      {sorting && by ? (
        <UnstyledButton
          className={classes.sort ?? ''}
          onClick={() => sorting.onChange(by, active && sorting.direction === 'asc' ? 'desc' : 'asc')}
        >
          {label}
          {active && <Arrow size={13} aria-hidden />}
        </UnstyledButton>
      ) : (
        label
      )}
    </th>
  );
}
