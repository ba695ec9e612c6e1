import classes from './DataTable.module.css';

type RowCheckboxProps = {
  label: string;
  checked: boolean;
  /** Some of what it stands for is chosen, and some is not. */
  some?: boolean;
  /** `withShift`: the key was held. */
  onChange: (withShift: boolean) => void;
};

/** The browser's own box: a list has one in every row, and Mantine's takes longer to draw than the rest of the row. */
export function RowCheckbox({ label, checked, some = false, onChange }: RowCheckboxProps) {
  return (
    <input
      type="checkbox"
      className={classes.box}
      aria-label={label}
      checked={checked}
      ref={(box) => {
        if (box) box.indeterminate = some;
      }}
      // Shift would also mark the text between as if it were to be copied.
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      onChange={({ nativeEvent }) => onChange(nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
    />
  );
}
