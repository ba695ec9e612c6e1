import { isUndone, type OperationKind, wantedOf } from './operation.rules.ts';
import type { Operation } from './provisioning.repository.ts';

type Written = Pick<Operation, 'id' | 'kind' | 'state' | 'before' | 'after' | 'namespace' | 'name' | 'teamName'>;

const VERB = {
  provision: { there: 'Provision', back: 'Remove' },
  resize: { there: 'Resize', back: 'Restore' },
  decommission: { there: 'Decommission', back: 'Decommission' },
} as const satisfies Record<OperationKind, { there: string; back: string }>;

const verbOf = (operation: Written): string => VERB[operation.kind][isUndone(operation) ? 'back' : 'there'];

/** A commit message that names every project it is for, what happens to it, and by which operation. */
export function commitMessage(operations: readonly Written[]): string {
  const byVerb = [...Map.groupBy(operations, verbOf)].toSorted(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const title = byVerb.map(([verb, some]) => `${verb} ${nameOf(some)}`).join(', ');
  const lines = byVerb.flatMap(([, some]) => some.map(lineOf));
  return `${title}\n\n${lines.join('\n')}\n\n${operations.map(markOf).join('\n')}\n`;
}

/** The trailer by which the values repository tells operations apart. */
const markOf = (operation: Written): string =>
  `InfraHub-Operation: ${operation.id}${isUndone(operation) ? ' undone' : ''}`;

const ORDER: string[] = Object.values(VERB).flatMap(({ there, back }) => [there, back]);

const nameOf = (operations: Written[]): string => {
  const [first, second] = operations;
  return first && !second ? first.name : `${operations.length} projects`;
};

function lineOf(operation: Written): string {
  const { before, after, namespace, teamName, name } = operation;
  const wanted = wantedOf(operation);
  const sign = wanted === null ? '-' : before && after ? '~' : '+';
  const size = sign === '~' ? ` ${wanted?.sla} ${wanted?.tier}` : '';
  return `${sign} ${namespace} (${teamName}: ${name})${size}`;
}
