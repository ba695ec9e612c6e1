import { Box, Paper, Text, Title } from '@mantine/core';
import { useNavigate, useSearchParams } from '@remix-run/react';
import { useEffect } from 'react';
import { nextPath } from '../features/auth/next-path.ts';
import { SignInForm } from '../features/auth/SignInForm.tsx';
import { findSession, useSession } from '../features/auth/session.ts';
import icon from '../icon.svg';

export const meta = () => [{ title: 'Sign in · InfraHub' }];

export default function SignIn() {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const next = nextPath(params.get('next'));
  const signedIn = useSession((state) => state.session !== undefined);
  useEffect(() => void findSession(), []);
  useEffect(() => {
    if (signedIn) void navigate(next, { replace: true });
  }, [signedIn, navigate, next]);
  return (
    <Box component="main" maw={380} mx="auto" px="md" pt={{ base: 48, sm: '16vh' }}>
      <img src={icon} alt="" width={40} height={40} />
      <Title order={1} mt="sm">
        Sign in to InfraHub
      </Title>
      <Text c="dimmed" mb="lg">
        Use the account of your organisation’s directory.
      </Text>
      <Paper p="lg" radius="lg" withBorder>
        <SignInForm />
      </Paper>
    </Box>
  );
}
