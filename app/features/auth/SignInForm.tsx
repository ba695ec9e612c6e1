import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { asProblem } from '../../ui/problem.ts';
import { ProblemAlert } from '../../ui/states.tsx';
import { signIn } from './account.ts';

/** Asks for name and password; the password is forgotten as soon as it was sent. */
export function SignInForm({ username: known }: { username?: string }) {
  const [username, setUsername] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState(false);
  const attempt = useMutation({
    mutationFn: () => signIn(username.trim(), password),
    onSettled: () => setPassword(''),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const incomplete = username.trim() === '' || password === '';
    setMissing(incomplete);
    if (!incomplete) attempt.mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {attempt.error && <ProblemAlert problem={asProblem(attempt.error)} />}
        <TextInput
          label="User name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={username}
          readOnly={known !== undefined}
          onChange={(event) => setUsername(event.currentTarget.value)}
          error={missing && username.trim() === '' && 'Enter your user name'}
          data-autofocus={known === undefined || undefined}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={missing && password === '' && 'Enter your password'}
          data-autofocus={known !== undefined || undefined}
        />
        <Button type="submit" loading={attempt.isPending} fullWidth>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
