import { Anchor, Stack, Text } from '@mantine/core';
import { Dialog } from '../../ui/Dialog.tsx';
import { signOut } from './account.ts';
import { SignInForm } from './SignInForm.tsx';
import { useSession } from './session.ts';

/** Lies over the page when the session has ended; what was typed below stays, and waiting work carries on after it. */
export function SignInAgain() {
  const lapsed = useSession((state) => state.lapsed);
  const username = useSession((state) => state.session?.username);
  if (!lapsed || username === undefined) return null;
  return (
    <Dialog title="Your session has ended">
      <Stack>
        <Text c="dimmed">Sign in again to carry on. Nothing on the page behind this is lost.</Text>
        <SignInForm username={username} />
        <Text size="xs" c="dimmed">
          Not {username}?{' '}
          <Anchor component="button" size="xs" onClick={() => void signOut()}>
            Sign out
          </Anchor>
        </Text>
      </Stack>
    </Dialog>
  );
}
