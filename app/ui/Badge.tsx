import { IconAlertTriangle, IconCircleCheck, IconCircleMinus, IconCircleX, IconLoader2 } from '@tabler/icons-react';
import classes from './Badge.module.css';

const ICON = {
  good: IconCircleCheck,
  busy: IconLoader2,
  warn: IconAlertTriangle,
  bad: IconCircleX,
  quiet: IconCircleMinus,
} as const;

/** A state, told by icon, word and colour. */
export function Badge({ tone, children }: { tone: keyof typeof ICON; children: string }) {
  const Icon = ICON[tone];
  return (
    <span className={classes.badge} data-tone={tone}>
      <Icon size={14} aria-hidden />
      {children}
    </span>
  );
}
