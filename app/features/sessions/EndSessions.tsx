import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { revokeSessionsInput } from '../../../server/auth/auth.schema.ts';
import { client } from '../../api.ts';
import { useChange } from '../../change.ts';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { plural } from '../../ui/format.ts';

type EndSessionsProps = { username: string | undefined; onClose: () => void };

/** Signs a person out everywhere: asks whom, unless that is known, and then whether. */
export default function EndSessions({ username: known, onClose }: EndSessionsProps) {
  const [username, setUsername] = useState(known);
  return username === undefined ? (
    <AskWhom onName={setUsername} onClose={onClose} />
  ) : (
    <Confirm username={username} onClose={onClose} />
  );
}

function AskWhom({ onName, onClose }: { onName: (username: string) => void; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const checked = revokeSessionsInput.safeParse({ username: typed.trim() });
  return (
    <Dialog title="End a person’s sessions" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (checked.success) onName(checked.data.username);
        }}
      >
        <Stack>
          <TextInput
            label="User name"
            description="As they type it to sign in; the Audit page names it too"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={tried && checked.error?.issues[0]?.message}
            autoComplete="off"
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit">Look at what it does</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Confirm({ username, onClose }: { username: string; onClose: () => void }) {
  const end = useChange({
    act: () => client.auth.revokeSessions.mutate({ username }),
    done: ({ revoked }) =>
      revoked === 0
        ? `${username} was not signed in anywhere.`
        : `${plural(revoked, 'session')} of ${username} ${revoked === 1 ? 'has' : 'have'} ended.`,
    after: onClose,
  });
  return (
    <ConfirmDialog
      title={`End all sessions of ${username}`}
      name={username}
      act={`End all sessions of ${username}`}
      pending={end.pending}
      problem={end.problem}
      onConfirm={() => end.run(undefined)}
      onClose={onClose}
    >
      <Stack gap="xs">
        <Text>
          Every browser in which <code>{username}</code> is signed in stops working at once, and what was typed there
          and not sent may be lost. Their projects go on.
        </Text>
        <Text c="dimmed">
          They can sign in again while the directory lets them. To keep them out, disable the account or take it out of
          its groups there first.
        </Text>
      </Stack>
    </ConfirmDialog>
  );
}
