import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import type { Problem } from '../../ui/problem.ts';
import { signIn } from './sign-in.ts';

/** Asks for name and password; the password is forgotten as soon as it was sent. */
export function SignInForm({ username: known }: { username?: string }) {
  const [username, setUsername] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState(false);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const passwordInput = useRef<HTMLInputElement>(null);
  const attempt = async () => {
    setPending(true);
    setProblem(await signIn(username.trim(), password));
    setPassword('');
    setPending(false);
    passwordInput.current?.focus();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const incomplete = username.trim() === '' || password === '';
    setMissing(incomplete);
    if (!incomplete && !pending) void attempt();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {problem && <ProblemAlert problem={problem} />}
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
          ref={passwordInput}
          label="Password"
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={missing && password === '' && 'Enter your password'}
          data-autofocus={known !== undefined || undefined}
        />
        <Button type="submit" loading={pending} fullWidth>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
