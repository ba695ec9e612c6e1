import { Text } from '@mantine/core';
import { client } from '../../api.ts';
import { useChange } from '../../change.ts';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { CONSEQUENCE, destroys, type Finding } from './words.ts';

type MendDialogProps = { finding: Finding; mend: NonNullable<Finding['mend']>; onClose: () => void };

/** Has one difference mended; says first what that does. */
export function MendDialog({ finding, mend, onClose }: MendDialogProps) {
  const change = useChange({
    act: () => client.admin.mendDrift.mutate({ finding_id: finding.id }),
    done: () => 'It is being mended; the list tells when it is done.',
    after: onClose,
  });
  return (
    <ConfirmDialog
      title={mend.label}
      act={mend.label}
      name={destroys(mend.action) ? (finding.namespace_name ?? undefined) : undefined}
      pending={change.pending}
      problem={change.problem}
      onConfirm={() => change.run(undefined)}
      onClose={onClose}
    >
      <Text mb="xs">{finding.message}</Text>
      <Text>
        {CONSEQUENCE[mend.action]}
        {mend.action !== 'recount' && ' Argo CD syncs with prune: what else it lists as to be pruned goes as well.'}
      </Text>
    </ConfirmDialog>
  );
}
