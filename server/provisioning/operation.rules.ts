import type { projectOperations, Size } from '../../db/schema/index.ts';
import type { EventKind, ProjectStatus } from '../projects/projects.schema.ts';

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

/** Every kind of operation. */
export const OPERATION_KINDS = Object.keys(HELD);

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

type Ending = { to: ProjectStatus; kind: EventKind; message: string };

const DONE = {
  provision: { to: 'active', kind: 'healthy', message: 'The namespace is there and healthy' },
  resize: { to: 'active', kind: 'resized', message: 'The namespace has its new size' },
  decommission: { to: 'decommissioned', kind: 'decommissioned', message: 'The namespace is gone' },
} as const satisfies Record<OperationKind, Ending>;

/** A removal has no way back: what cannot be removed yet is waited for. */
const UNDONE = {
  ...DONE,
  provision: { to: 'failed', kind: 'failed', message: 'Cleaned up' },
  resize: { to: 'active', kind: 'restored', message: 'The namespace has its old size again' },
} as const satisfies Record<OperationKind, Ending>;

/** How an operation ends; `rolled_back`: it failed, and what was before it is back. */
export const OPERATION_OUTCOMES = ['succeeded', 'rolled_back'] as const;

/** An operation that has come to its end. `seconds` since it was asked for. */
export type OperationEnd = { kind: OperationKind; outcome: (typeof OPERATION_OUTCOMES)[number]; seconds: number };

/** What becomes of a project when its operation ends, and by what its quota changes then (signed), if it does. */
export type End = {
  change: { to: ProjectStatus; reason: string | null; size?: Size; event: { kind: EventKind; message: string } };
  usage: { kind: 'adjust' | 'release'; cpu: number; ramGb: number } | undefined;
};

type Ended = Pick<Row, 'kind' | 'state' | 'before' | 'after' | 'reason'> & { cpu: number; ramGb: number };

/** The end of an operation whose `wantedOf` is there. `cpu` and `ramGb` are what its project holds until then. */
export function endOf(operation: Ended): End {
  const undone = isUndone(operation);
  const { to, kind, message } = (undone ? UNDONE : DONE)[operation.kind];
  const size = wantedOf(operation);
  const cpu = (size?.cpu ?? 0) - operation.cpu;
  const ramGb = (size?.ram_gb ?? 0) - operation.ramGb;
  const given = cpu !== 0 || ramGb !== 0;
  return {
    change: {
      to,
      reason: undone && operation.reason !== null ? `${operation.reason}.` : null,
      ...(size && { size }),
      event: { kind, message: given ? `${message}; ${-cpu} cores and ${-ramGb} GiB given back` : message },
    },
    usage: given ? { kind: undone || !size ? 'release' : 'adjust', cpu, ramGb } : undefined,
  };
}

/** Whether an operation can fail: not what removes, and not what brings back. Both are waited for, however long. */
export const canFail = (operation: Pick<Row, 'state' | 'after'>): boolean =>
  !isUndone(operation) && operation.after !== null;

/** What becomes of a project whose operation has failed, and why, without the full stop. */
export function failureOf({ kind }: Pick<Row, 'kind'>, why: string): { to: ProjectStatus | undefined; reason: string } {
  const words = why.replace(/\.\s*$/, '');
  if (kind === 'resize') return { to: undefined, reason: `The resize failed: ${words}` };
  return { to: 'rolling_back', reason: words };
}
