import { VisuallyHidden } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconArrowsDiagonal,
  IconBookmark,
  IconCircleCheck,
  IconCircleMinus,
  IconCircleX,
  IconEraser,
  IconGitCommit,
  IconHourglass,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import type { EventKind, ProjectEvent } from '../../../server/projects/projects.schema.ts';
import { Ago } from '../../ui/Ago.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { exactTime } from '../../ui/format.ts';
import classes from './Timeline.module.css';

const ICON = {
  reserved: IconBookmark,
  committed: IconGitCommit,
  syncing: IconRefresh,
  waiting: IconHourglass,
  healthy: IconCircleCheck,
  failing: IconAlertTriangle,
  removed: IconEraser,
  failed: IconCircleX,
  resizing: IconArrowsDiagonal,
  resized: IconCircleCheck,
  restored: IconArrowBackUp,
  decommissioning: IconTrash,
  decommissioned: IconCircleMinus,
} as const satisfies Record<EventKind, unknown>;

const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);

/** What happened to a project, newest first. */
export function Timeline({ events }: { events: ProjectEvent[] }) {
  return (
    <ol className={classes.timeline} aria-label="Timeline" aria-live="polite">
      {events.toReversed().map((event) => {
        const Icon = ICON[event.kind];
        return (
          <li key={event.id} data-kind={event.kind}>
            <Icon size={18} aria-hidden />
            <Words event={event} />
            <span className={classes.at}>
              <Ago at={event.at} />
              <VisuallyHidden>, {exactTime(event.at)}</VisuallyHidden>
            </span>
          </li>
        );
      })}
    </ol>
  );
}

/** The message; a commit that it names by the hash's beginning can be copied whole. */
function Words({ event: { message, details } }: { event: ProjectEvent }) {
  const hash = Object.values(details).find(isHash);
  const named = hash && /\b[0-9a-f]{7,40}$/.exec(message)?.[0];
  if (!hash || !named || !hash.startsWith(named)) return <span className={classes.text}>{message}</span>;
  return (
    <span className={classes.text}>
      {message.slice(0, -named.length)}
      <CopyText text={hash} shown={named} label="commit hash" />
    </span>
  );
}
