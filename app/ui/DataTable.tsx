import {
  type ColumnDef,
  getCoreRowModel,
  type RowData,
  type RowSelectionState,
  useReactTable,
} from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { BodyRow } from './BodyRow.tsx';
import classes from './DataTable.module.css';
import { HeaderCell, type Sorting } from './HeaderCell.tsx';
import { memoised } from './memoised.ts';
import { RowCheckbox } from './RowCheckbox.tsx';
import { type Choose, useChoosing } from './use-choosing.ts';

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
  selection?: { chosen: RowSelectionState; onChange: Choose };
  /** Called when the end comes near, to fetch more. */
  onEnd?: () => void;
  empty: ReactNode;
  /** What lies under an opened row. */
  detail?: (row: T) => ReactNode;
};

/** As DataTable.module.css has it: where a row is of another height, the places of all rows after it are worked out again. */
const ROW_HEIGHT = 40;

/**
 * A table of any length: only the rows in view are in the document, and a row that stays in view is not drawn again.
 * Sorting and filtering are the server's work.
 */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { rows, columns, rowId, rowName, selection, onEnd, detail } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: top,
    // Below the top of the list, what is read stays in place when rows come or go above it; at the top they show.
    anchorTo: window.scrollY > top ? 'end' : 'start',
    getItemKey: useCallback((index: number) => (rows[index] ? rowId(rows[index]) : index), [rows, rowId]),
  });
  const items = virtual.getVirtualItems();
  const [first = 0, last = -1] = [items[0]?.index, items.at(-1)?.index];
  useEffect(() => {
    if (onEnd && rows.length > 0 && last >= rows.length - 20) onEnd();
  }, [last, rows.length, onEnd]);
  const table = useReactTable({
    // Of what is in view alone: to make rows of thousands takes long, with every page that comes.
    data: useMemo(() => rows.slice(first, last + 1), [rows, first, last]),
    columns,
    getRowId: rowId,
    getCoreRowModel: getCoreRowModel(),
  });
  const choose = useChoosing(rows, rowId, selection?.onChange);

  if (rows.length === 0) return props.empty;
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <div className={classes.scroll}>
      <table className={classes.table} aria-label={props.label} aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {selection && <ChooseAll rows={rows} rowId={rowId} {...selection} />}
            {table.getFlatHeaders().map((header) => (
              <HeaderCell key={header.id} header={header} sorting={props.sorting && fromItsTop(props.sorting)} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {before > 0 && <tr aria-hidden className={classes.spacer} style={{ height: before }} />}
          {table.getRowModel().rows.map(({ id, original, index }) => (
            <BodyRow
              key={id}
              table={table}
              columns={columns}
              id={id}
              original={original}
              index={first + index}
              name={rowName?.(original) ?? id}
              chosen={selection && selection.chosen[id] === true}
              onChoose={choose}
              below={detail?.(original)}
              measure={virtual.measureElement}
            />
          ))}
          {after > 0 && <tr aria-hidden className={classes.spacer} style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}

/** In another order nothing is where it was read: the list begins anew. */
const fromItsTop = (sorting: Sorting): Sorting => ({
  ...sorting,
  onChange: (by, direction) => {
    window.scrollTo({ top: 0 });
    sorting.onChange(by, direction);
  },
});

type ChooseAllProps<T> = { rows: T[]; rowId: (row: T) => string; chosen: RowSelectionState; onChange: Choose };

const ChooseAll = memoised(function ChooseAll<T>({ rows, rowId, chosen, onChange }: ChooseAllProps<T>) {
  const count = rows.filter((row) => chosen[rowId(row)]).length;
  const all = count === rows.length;
  const chooseAll = () => Object.fromEntries(rows.map((row) => [rowId(row), true]));
  return (
    <th scope="col" className={classes.choose}>
      <RowCheckbox
        label="Choose all that are shown"
        checked={all}
        some={count > 0 && !all}
        onChange={() => onChange(all ? () => ({}) : chooseAll)}
      />
    </th>
  );
});
