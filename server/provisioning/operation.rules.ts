import type { projectOperations, Size } from '../../db/schema/index.ts';

type Row = typeof projectOperations.$inferSelect;
export type OperationState = Row['state'];
export type OperationKind = Row['kind'];

/** Whether an operation has failed and is on its way back to what was before it. */
export const isUndone = ({ state }: Pick<Row, 'state'>): boolean => state === 'undoing' || state === 'undone';

/** What the values entry is to be at this point of an operation; null: there is to be none. */
export const wantedOf = (operation: Pick<Row, 'state' | 'before' | 'after'>): Size | null =>
  isUndone(operation) ? operation.before : operation.after;

const HELD = {
  provision: { onTheWay: null, undone: 'Quota is held until clean-up is done.' },
  resize: {
    onTheWay: 'The larger of both sizes is held until the new one is confirmed.',
    undone: 'The larger of both sizes is held until the old one is back.',
  },
  decommission: { onTheWay: 'Quota is held until the namespace is gone.', undone: null },
} as const satisfies Record<OperationKind, { onTheWay: string | null; undone: string | null }>;

/**
 * What a project's page says while its operation goes on, or does not: why it failed, what is held until when, and what it
 * waits for (`text`, a sentence without its full stop).
 */
export function reasonOf(operation: Pick<Row, 'kind' | 'state' | 'reason'>, text?: string): string | null {
  const undone = isUndone(operation);
  const failure = undone && operation.reason !== null ? `${operation.reason}.` : null;
  const held = HELD[operation.kind][undone ? 'undone' : 'onTheWay'];
  const sentences = [failure, held, text === undefined ? null : `${text}.`].filter((sentence) => sentence !== null);
  return sentences.length === 0 ? null : sentences.join(' ');
}
