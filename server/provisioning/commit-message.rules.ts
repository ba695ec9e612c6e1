type Written = { state: string; namespace: string; name: string; teamName: string };

/** A commit message that names every project it is for. */
export function commitMessage(operations: readonly Written[]): string {
  const put = operations.filter((o) => o.state === 'requested');
  const removed = operations.filter((o) => o.state !== 'requested');
  const title = [phrase('Provision', put), phrase('Remove', removed)].filter((part) => part !== '').join(', ');
  const lines = [...put.map((o) => `+ ${describe(o)}`), ...removed.map((o) => `- ${describe(o)}`)];
  return `${title}\n\n${lines.join('\n')}\n`;
}

function phrase(verb: string, operations: readonly Written[]): string {
  const [first, second] = operations;
  if (!first) return '';
  return second ? `${verb} ${operations.length} projects` : `${verb} ${first.name}`;
}

const describe = ({ namespace, name, teamName }: Written): string => `${namespace} (${teamName}: ${name})`;
