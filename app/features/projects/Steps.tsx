import { IconCheck, IconX } from '@tabler/icons-react';
import type { EventKind, ProjectStatus } from '../../../server/projects/projects.schema.ts';
import classes from './Steps.module.css';
import { type StepState, stepsOf } from './steps.ts';

const MARK: Record<StepState, JSX.Element | null> = {
  done: <IconCheck size={14} stroke={3} />,
  stopped: <IconX size={14} stroke={3} />,
  current: <span className={classes.pulse} />,
  ahead: null,
};
const SPOKEN: Record<StepState, string> = {
  done: 'done',
  stopped: 'stopped here',
  current: 'in progress',
  ahead: 'to come',
};

/** How far a project has come on its way to what was asked for last. */
export function Steps({ kinds, status }: { kinds: EventKind[]; status: ProjectStatus }) {
  return (
    <ol className={classes.steps} aria-label="Progress">
      {stepsOf(kinds, status).map(({ kind, label, hint, state }) => (
        <li key={kind} data-state={state} {...(state === 'current' && { 'aria-current': 'step' as const })}>
          <span className={classes.mark} role="img" aria-label={SPOKEN[state]}>
            {MARK[state]}
          </span>
          <span className={classes.label}>{label}</span>
          <span className={classes.hint}>{hint}</span>
        </li>
      ))}
    </ol>
  );
}
