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
  change: { pending: boolean; problem: Problem | undefined; run: (name: string) => void; forget: () => void };
  onClose: () => void;
};

/** Asks for a name; what the server would refuse is said while typing is still possible. */
export function NameDialog({ title, act, name = '', change, onClose }: NameDialogProps) {
  const [typed, setTyped] = useState(name);
  const [tried, setTried] = useState(false);
  const type = (text: string) => {
    change.forget();
    setTyped(text);
  };
  const checked = displayName.safeParse(typed);
  return (
    <Dialog title={title} pending={change.pending} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (checked.success) change.run(checked.data);
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            value={typed}
            onChange={(event) => type(event.currentTarget.value)}
            error={tried && checked.error?.issues[0]?.message}
            autoComplete="off"
            data-autofocus
          />
          {change.problem && <ProblemAlert problem={change.problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={change.pending}>
              Cancel
            </Button>
            <Button type="submit" loading={change.pending}>
              {act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
