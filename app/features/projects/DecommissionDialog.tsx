import { Text } from '@mantine/core';
import type { Project } from '../../../server/projects/projects.schema.ts';
import { client, once } from '../../api.ts';
import { useChange, useKeys } from '../../change.ts';
import { ConfirmDialog, Losses } from '../../ui/ConfirmDialog.tsx';
import { count } from '../../ui/format.ts';
import { quantity } from '../capacity/capacity.ts';

type DecommissionDialogProps = {
  project: Project;
  /** The caller is no lead of its team: this is the emergency that only a center admin may declare. */
  emergency: boolean;
  onClose: () => void;
};

/** Removes a project for good; says first, exactly, what goes with it and what comes back. */
export function DecommissionDialog({ project, emergency, onClose }: DecommissionDialogProps) {
  const { id, name, team_name, namespace_name, site, cpu, ram_gb, status } = project;
  const keyOf = useKeys();
  const decommission = useChange({
    act: () => client.projects.decommission.mutate({ id }, once(keyOf(id))),
    after: onClose,
  });
  return (
    <ConfirmDialog
      title={`Decommission ${name}`}
      name={name}
      act={`Decommission ${name}`}
      pending={decommission.pending}
      problem={decommission.problem}
      onConfirm={() => decommission.run(undefined)}
      onClose={onClose}
    >
      {emergency && (
        <Text mb="xs">
          This is {team_name}’s project, not yours. Its people are not asked; the audit log says that it was you.
        </Text>
      )}
      {status === 'failed' ? (
        <Text>
          Nothing of it is left in the cluster, and its quota was given back already. It leaves the list of what can be
          retried, and its name is free again. This cannot be undone.
        </Text>
      ) : (
        <>
          <Text>This is lost, and cannot be brought back:</Text>
          <Losses
            lines={[
              `the namespace ${namespace_name} at ${site}`,
              'everything that runs in it, its volumes, secrets and configuration',
            ]}
          />
          <Text>
            {quantity(cpu, 'cpu')} and {count(ram_gb)} GiB go back to {team_name}’s quota at {site}, once the namespace
            is gone and not before.
          </Text>
        </>
      )}
    </ConfirmDialog>
  );
}
