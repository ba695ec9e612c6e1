import { flexRender, type Table } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import classes from './DataTable.module.css';
import type { Column } from './DataTable.tsx';
import { memoised } from './memoised.ts';
import { RowCheckbox } from './RowCheckbox.tsx';

type BodyRowProps<T> = {
  table: Table<T>;
  id: string;
  /** What the row is drawn from, through the table: it is drawn again when one of these is another. */
  original: T;
  columns: Column<T>[];
  /** Its place among all rows. */
  index: number;
  name: string;
  /** Undefined where rows cannot be chosen. */
  chosen: boolean | undefined;
  onChoose: (id: string, chosen: boolean, withShift: boolean) => void;
  below: ReactNode;
  measure: (node: Element | null) => void;
};

/** One row; drawn again only where something of it is another, as rows of a list that is scrolled are not. */
export const BodyRow = memoised(function BodyRow<T>(props: BodyRowProps<T>) {
  const { id, index, name, chosen, onChoose, below, measure } = props;
  const cells = props.table.getRow(id).getVisibleCells();
  return (
    <>
      <tr
        aria-rowindex={index + 2}
        data-index={index}
        data-chosen={chosen || undefined}
        {...(below ? {} : { ref: measure })}
      >
        {chosen !== undefined && (
          <td className={classes.choose}>
            <RowCheckbox
              label={`Choose ${name}`}
              checked={chosen}
              onChange={(withShift) => onChoose(id, !chosen, withShift)}
            />
          </td>
        )}
        {cells.map((cell) => (
          <td key={cell.id} data-align={cell.column.columnDef.meta?.align} data-from={cell.column.columnDef.meta?.from}>
            {flexRender(cell.column.columnDef.cell, cell.getContext())}
          </td>
        ))}
      </tr>
      {below && (
        <tr>
          <td colSpan={cells.length + (chosen === undefined ? 0 : 1)} className={classes.below}>
            {below}
          </td>
        </tr>
      )}
    </>
  );
});
