import { Tooltip, VisuallyHidden } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import classes from './Frame.module.css';
import { useConnection } from './live.ts';

const WORDS = {
  starting: 'Connecting',
  live: 'Live: changes show as they happen',
  lost: 'Connection lost: what you see may be old. It is tried again.',
} as const;

/** Whether what is on the screen keeps itself up to date. */
export function LiveDot() {
  const connection = useConnection((store) => store.state);
  const state = useNetwork().online ? connection : 'lost';
  return (
    <Tooltip label={WORDS[state]}>
      <span className={classes.live} data-state={state} role="status">
        <span className={classes.dot} />
        {state === 'lost' && <span aria-hidden>Connection lost</span>}
        <VisuallyHidden>{WORDS[state]}</VisuallyHidden>
      </span>
    </Tooltip>
  );
}
