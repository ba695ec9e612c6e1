import { Checkbox } from '@mantine/core';
import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  type Row,
  type RowData,
  type RowSelectionState,
  type Table,
  useReactTable,
} from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import classes from './DataTable.module.css';
import { HeaderCell, type Sorting } from './HeaderCell.tsx';

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData extends RowData, TValue> {
    /** Numbers stand at the right. */
    align?: 'right';
    /** Pixels; one column has none and takes the rest. */
    width?: number;
    /** Hidden where the window is narrower. */
    from?: 'sm' | 'md' | 'lg';
    /** The API's name of the order by this column. */
    sort?: string;
  }
}

export type Column<T> = ColumnDef<T, unknown>;

type DataTableProps<T> = {
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowId: (row: T) => string;
  rowName?: (row: T) => string;
  sorting?: Sorting;
  selection?: { chosen: RowSelectionState; onChange: (chosen: RowSelectionState) => void };
  /** Called when the end comes near, to fetch more. */
  onEnd?: () => void;
  empty: ReactNode;
  /** What lies under an opened row. */
  detail?: (row: T) => ReactNode;
};

const ROW_HEIGHT = 41;

/** A table of any length: only the rows in view are in the document. Sorting and filtering are the server's work. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { rows, columns, rowId, selection, onEnd } = props;
  const table = useReactTable({
    data: rows,
    columns,
    getRowId: rowId,
    getCoreRowModel: getCoreRowModel(),
    enableRowSelection: selection !== undefined,
    state: { rowSelection: selection?.chosen ?? {} },
    onRowSelectionChange: (change) =>
      selection?.onChange(typeof change === 'function' ? change(selection.chosen) : change),
  });
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => table.getRowModel().rows[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd && rows.length > 0 && last >= rows.length - 20) onEnd();
  }, [last, rows.length, onEnd]);

  if (rows.length === 0) return props.empty;
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <div className={classes.scroll}>
      <table className={classes.table} aria-label={props.label} aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {selection && <SelectAll table={table} />}
            {table.getFlatHeaders().map((header) => (
              <HeaderCell key={header.id} header={header} sorting={props.sorting} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {before > 0 && <tr aria-hidden className={classes.spacer} style={{ height: before }} />}
          {items.map((item) => {
            const row = table.getRowModel().rows[item.index];
            return (
              row && <BodyRow key={row.id} row={row} index={item.index} {...props} measure={virtual.measureElement} />
            );
          })}
          {after > 0 && <tr aria-hidden className={classes.spacer} style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}

function SelectAll<T>({ table }: { table: Table<T> }) {
  return (
    <th scope="col" className={classes.choose}>
      <Checkbox
        size="xs"
        aria-label="Choose all that are shown"
        checked={table.getIsAllRowsSelected()}
        indeterminate={table.getIsSomeRowsSelected()}
        onChange={table.getToggleAllRowsSelectedHandler()}
      />
    </th>
  );
}

type BodyRowProps<T> = DataTableProps<T> & { row: Row<T>; index: number; measure: (node: Element | null) => void };

function BodyRow<T>({ row, index, selection, rowName, detail, measure }: BodyRowProps<T>) {
  const below = detail?.(row.original);
  return (
    <>
      <tr
        aria-rowindex={index + 2}
        data-index={index}
        data-chosen={row.getIsSelected() || undefined}
        {...(below ? {} : { ref: measure })}
      >
        {selection && (
          <td className={classes.choose}>
            <Checkbox
              size="xs"
              aria-label={`Choose ${rowName?.(row.original) ?? row.id}`}
              checked={row.getIsSelected()}
              onChange={row.getToggleSelectedHandler()}
            />
          </td>
        )}
        {row.getVisibleCells().map((cell) => (
          <td key={cell.id} data-align={cell.column.columnDef.meta?.align} data-from={cell.column.columnDef.meta?.from}>
            {flexRender(cell.column.columnDef.cell, cell.getContext())}
          </td>
        ))}
      </tr>
      {below && (
        <tr>
          <td colSpan={row.getVisibleCells().length + (selection ? 1 : 0)} className={classes.below}>
            {below}
          </td>
        </tr>
      )}
    </>
  );
}
