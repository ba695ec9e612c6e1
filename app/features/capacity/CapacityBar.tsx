import { count } from '../../ui/format.ts';
import classes from './CapacityBar.module.css';
import { type Amount, quantity, type Resource, segmentsOf } from './capacity.ts';

type CapacityBarProps = {
  /** Whose capacity this is, for those who cannot see it. */
  label: string;
  resource: Resource;
  amount: Amount;
  /** Length of the whole scale; bars that are to be compared share one. */
  scale?: number;
  /** `fill` takes the height that there is. */
  size?: 'sm' | 'md' | 'fill';
};

/** The house's picture of capacity: used, granted but unused, free, and what was granted beyond what is there. */
export function CapacityBar({ label, resource, amount, scale, size = 'md' }: CapacityBarProps) {
  const { used, granted, free, over, whole } = segmentsOf(amount);
  const length = Math.max(scale ?? whole, whole, 1);
  const width = (part: number) => ({ width: `${(100 * part) / length}%` });
  return (
    <div className={classes.bar} data-size={size} role="img" aria-label={described(label, resource, amount)}>
      <div
        className={classes.there}
        style={width(whole === 0 ? length : amount.capacity)}
        data-none={whole === 0 || undefined}
      />
      {used > 0 && <div className={classes.used} style={width(used)} />}
      {granted > 0 && <div className={classes.granted} style={width(granted)} />}
      {free > 0 && <div style={width(free)} />}
      {over > 0 && <div className={classes.over} style={width(over)} />}
    </div>
  );
}

function described(label: string, resource: Resource, amount: Amount): string {
  const { free, over } = segmentsOf(amount);
  const parts = [
    quantity(amount.capacity, resource),
    `${count(amount.granted)} granted`,
    `${count(amount.used)} used`,
    over > 0 ? `over-allocated by ${count(over)}` : `${count(free)} free`,
  ];
  return `${label}: ${parts.join(', ')}`;
}
