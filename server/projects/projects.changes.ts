import type { Size } from '../../db/schema/index.ts';
import { recordAudit } from '../audit/audit.repository.ts';
import type { Tx } from '../platform/database.ts';
import { InvalidStateError } from '../platform/errors.ts';
import { insertEvents, lockProjects, setStates } from './projects.repository.ts';
import { mayBecome } from './projects.rules.ts';
import type { EventKind, ProjectStatus } from './projects.schema.ts';

/** One line of a project's timeline. */
export type TimelineEvent = { kind: EventKind; message: string; details?: Record<string, string | number | null> };

/** What becomes of one project: where it goes (if it does), why it is there, and what its timeline says of it. */
export type ProjectChange = {
  projectId: string;
  requestId: string;
  to?: ProjectStatus | undefined;
  reason: string | null;
  /** What it is and holds from now on, if that changes. */
  size?: Size | undefined;
  event?: TimelineEvent;
};

/** Who changes a project's status where nobody asked at that moment. */
const ACTOR = 'system:provisioning';

/**
 * The one way in which a project that exists changes: many at once, each under its lock, with its timeline and, where
 * the status moves, its audit event, in the caller's transaction. Each project may be named once.
 * @throws InvalidStateError when a project may not go where it is sent; nothing is changed then.
 */
export async function changeProjects(tx: Tx, changes: ProjectChange[]): Promise<void> {
  if (changes.length === 0) return;
  const byId = new Map(changes.map((change) => [change.projectId, change]));
  const locked = await lockProjects(tx, [...byId.keys()]);
  const pairs = locked.flatMap((project) => {
    const change = byId.get(project.id);
    return change ? [{ project, change, to: change.to ?? project.status }] : [];
  });
  for (const { project, change, to } of pairs) {
    if (change.to && !mayBecome(project.status, to)) {
      throw new InvalidStateError(`Project ${project.name} is ${project.status} and cannot become ${to}.`);
    }
  }
  await setStates(
    tx,
    pairs.map(({ project, change, to }) => ({
      id: project.id,
      status: to,
      statusReason: change.reason,
      size: change.size,
    })),
  );
  await insertEvents(
    tx,
    pairs.flatMap(({ project, change }) =>
      change.event ? [{ ...change.event, projectId: project.id, requestId: change.requestId }] : [],
    ),
  );
  for (const { project, change, to } of pairs) {
    if (!change.to) continue;
    await recordAudit(
      tx,
      { sub: ACTOR, requestId: change.requestId },
      {
        action: 'project.change_status',
        target: { type: 'project', id: project.id, name: project.name },
        place: project.place,
        before: { status: project.status },
        after: { status: to, reason: change.reason },
      },
    );
  }
}
