import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { readAgain } from './api.ts';
import { notifyDone } from './ui/notify.ts';
import { asProblem } from './ui/problem.ts';

type Change<In, Out> = {
  act: (input: In) => Promise<Out>;
  /** What is told when it is done; nothing where the page itself shows it. */
  done?: (output: Out, input: In) => string | undefined;
  after?: (output: Out) => void;
};

/** A change to what the server holds. Afterwards everything on the screen is asked for again, as numbers hang together. */
export function useChange<In, Out>({ act, done, after }: Change<In, Out>) {
  // Drawn before the next key or click is heard; what TanStack Query tells comes a moment later.
  const [sent, setSent] = useState(false);
  const mutation = useMutation({
    mutationFn: act,
    onSettled: () => {
      setSent(false);
      // Also after a refusal: what it was decided by is not what the screen shows.
      readAgain();
    },
    onSuccess: (output, input) => {
      const told = done?.(output, input);
      if (told) notifyDone(told);
      after?.(output);
    },
  });
  return {
    /** Once at a time: a second click or Enter before the outcome does nothing. */
    run: (input: In) => {
      if (sent) return;
      setSent(true);
      mutation.mutate(input);
    },
    pending: sent || mutation.isPending,
    problem: mutation.error ? asProblem(mutation.error) : undefined,
    /** Takes the problem off the screen: what it was about is being mended. */
    forget: () => {
      if (mutation.isError) mutation.reset();
    },
  };
}

/** Random, without `crypto.randomUUID`, which plain HTTP lacks. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Gives each input of a form one idempotency key for as long as the form is open: clicking twice, or again after an
 * answer was lost, creates one thing.
 */
export function useKeys(): (input: unknown) => string {
  const keys = useRef(new Map<string, string>());
  return (input) => {
    const form = JSON.stringify(input);
    const key = keys.current.get(form) ?? newKey();
    keys.current.set(form, key);
    return key;
  };
}
