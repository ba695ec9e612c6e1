import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { displayName } from '../../../server/platform/schema.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import type { Problem } from '../../ui/problem.ts';

type NameDialogProps = {
  title: string;
  act: string;
  name?: string;
  pending: boolean;
  problem: Problem | undefined;
  onName: (name: string) => void;
  onClose: () => void;
};

/** Asks for a name; what the server would refuse is said while typing is still possible. */
export function NameDialog({ title, act, name = '', pending, problem, onName, onClose }: NameDialogProps) {
  const [typed, setTyped] = useState(name);
  const [tried, setTried] = useState(false);
  const checked = displayName.safeParse(typed);
  return (
    <Dialog title={title} pending={pending} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (checked.success) onName(checked.data);
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={tried && checked.error?.issues[0]?.message}
            autoComplete="off"
            data-autofocus
          />
          {problem && <ProblemAlert problem={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={pending}>
              Cancel
            </Button>
            <Button type="submit" loading={pending}>
              {act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
