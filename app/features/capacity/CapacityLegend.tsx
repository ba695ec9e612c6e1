import classes from './CapacityBar.module.css';

const PARTS = [
  ['used', 'Used'],
  ['granted', 'Granted, not used'],
  ['free', 'Free'],
  ['over', 'Over-allocated'],
] as const;

/** What the parts of a capacity bar mean. */
export function CapacityLegend() {
  return (
    <ul className={classes.legend} aria-label="Legend">
      {PARTS.map(([part, name]) => (
        <li key={part}>
          <span className={classes.key} data-part={part} />
          {name}
        </li>
      ))}
    </ul>
  );
}
