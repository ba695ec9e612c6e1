import { Text } from '@mantine/core';
import type { ValueChange } from './changes.ts';
import classes from './Diff.module.css';

/** Values before and after, one under the other; `none` is said where nothing differs. */
export function Diff({ changes, none }: { changes: ValueChange[]; none: string }) {
  if (changes.length === 0) return <Text c="dimmed">{none}</Text>;
  return (
    <dl className={classes.diff}>
      {changes.map(({ name, before, after }) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            {before !== undefined && <del>{before}</del>}
            {before !== undefined && after !== undefined && ' → '}
            {after !== undefined && <ins>{after}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
