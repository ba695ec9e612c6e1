import {
  IconAlertTriangle,
  IconBookmark,
  IconCircleCheck,
  IconCircleX,
  IconEraser,
  IconGitCommit,
  IconHourglass,
  IconRefresh,
} from '@tabler/icons-react';
import type { EventKind, ProjectEvent } from '../../../server/projects/projects.schema.ts';
import { Ago } from '../../ui/Ago.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
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
} as const satisfies Record<EventKind, unknown>;

const SHORT_HASH = 10;
const isHash = (value: string): boolean => /^[0-9a-f]{40}$/.test(value);

/** What happened to a project, newest first. */
export function Timeline({ events }: { events: ProjectEvent[] }) {
  return (
    <ol className={classes.timeline} aria-label="Timeline" aria-live="polite">
      {events.toReversed().map((event) => {
        const Icon = ICON[event.kind];
        const hashes = Object.values(event.details).filter((value) => typeof value === 'string' && isHash(value));
        return (
          <li key={event.id} data-kind={event.kind}>
            <Icon size={18} aria-hidden />
            <div className={classes.text}>
              <span>{event.message}</span>
              {hashes.map((hash) => (
                <CopyText
                  key={hash}
                  text={String(hash)}
                  shown={String(hash).slice(0, SHORT_HASH)}
                  label="commit hash"
                />
              ))}
            </div>
            <span className={classes.at}>
              <Ago at={event.at} />
            </span>
          </li>
        );
      })}
    </ol>
  );
}
