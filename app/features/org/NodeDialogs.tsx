import { Text } from '@mantine/core';
import { useChange, useKeys } from '../../change.ts';
import { ConfirmDialog, Losses } from '../../ui/ConfirmDialog.tsx';
import { NameDialog } from './NameDialog.tsx';
import { childLevel, createNode, deleteNode, inTheWay, renameNode } from './node-changes.ts';
import type { OrgNode } from './tree.ts';

/** What is about to be done to the tree. */
export type NodeAct =
  | { kind: 'create'; parent: OrgNode | undefined }
  | { kind: 'rename'; node: OrgNode }
  | { kind: 'delete'; node: OrgNode };

export function NodeDialog({ act, onClose }: { act: NodeAct | undefined; onClose: () => void }) {
  if (act?.kind === 'create') return <CreateNode parent={act.parent} onClose={onClose} />;
  if (act?.kind === 'rename') return <RenameNode node={act.node} onClose={onClose} />;
  if (act?.kind === 'delete') return <DeleteNode node={act.node} onClose={onClose} />;
  return null;
}

function CreateNode({ parent, onClose }: { parent: OrgNode | undefined; onClose: () => void }) {
  const level = childLevel(parent) ?? 'team';
  const keyOf = useKeys();
  const create = useChange({
    act: (name: string) => createNode(parent, name, keyOf(name)),
    done: (_, name) => `Created ${level} ${name}.`,
    after: onClose,
  });
  return (
    <NameDialog
      title={parent ? `New ${level} in ${parent.name}` : `New ${level}`}
      act={`Create ${level}`}
      change={create}
      onClose={onClose}
    />
  );
}

function RenameNode({ node, onClose }: { node: OrgNode; onClose: () => void }) {
  const rename = useChange({
    act: (name: string) => renameNode(node, name),
    done: (_, name) => `${node.name} is now ${name}.`,
    after: onClose,
  });
  return (
    <NameDialog
      title={`Rename ${node.level} ${node.name}`}
      act={`Rename ${node.level}`}
      name={node.name}
      change={rename}
      onClose={onClose}
    />
  );
}

function DeleteNode({ node, onClose }: { node: OrgNode; onClose: () => void }) {
  const remove = useChange({
    act: () => deleteNode(node),
    done: () => `Deleted ${node.level} ${node.name}.`,
    after: onClose,
  });
  const obstacles = inTheWay(node);
  return (
    <ConfirmDialog
      title={`Delete ${node.level} ${node.name}`}
      name={node.name}
      act={`Delete ${node.level}`}
      impossible={obstacles.length > 0}
      pending={remove.pending}
      problem={remove.problem}
      onConfirm={() => remove.run(undefined)}
      onClose={onClose}
    >
      {obstacles.length > 0 ? (
        <>
          <Text>It cannot be deleted yet. It still has</Text>
          <Losses lines={obstacles} />
          <Text c="dimmed">Remove these first; nothing is deleted along with it.</Text>
        </>
      ) : (
        <Text>
          {node.name} will be gone for everybody, and whoever was granted a role on it loses that role. Its audit
          entries stay. This cannot be undone.
        </Text>
      )}
    </ConfirmDialog>
  );
}
