import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Dialog } from './Dialog.tsx';
import { ProblemAlert } from './ProblemAlert.tsx';
import type { Problem } from './problem.ts';

type ConfirmDialogProps = {
  title: string;
  /** What will be lost, exactly. */
  children: ReactNode;
  /** To be typed before the act is possible. */
  name?: string | undefined;
  /** Names the act, such as "Release 3 servers". */
  act: string;
  impossible?: boolean;
  pending: boolean;
  problem: Problem | undefined;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before what cannot be undone. The act is never the default: the first stop of the keyboard is the way out. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const [typed, setTyped] = useState('');
  const blocked = props.impossible || (props.name !== undefined && typed.normalize().trim() !== props.name);
  return (
    <Dialog title={props.title} size="lg" pending={props.pending} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!blocked) props.onConfirm();
        }}
      >
        <Stack>
          <div>{props.children}</div>
          {props.name !== undefined && !props.impossible && (
            <TextInput
              label={
                <>
                  Type <code>{props.name}</code> to confirm
                </>
              }
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
            />
          )}
          {props.problem && <ProblemAlert problem={props.problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={props.onClose} disabled={props.pending} data-autofocus>
              {props.impossible ? 'Close' : 'Keep it as it is'}
            </Button>
            {!props.impossible && (
              <Button type="submit" color="red" disabled={blocked} loading={props.pending}>
                {props.act}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** A list of what an act takes with it, or of what is in its way. */
export function Losses({ lines }: { lines: string[] }) {
  return (
    <Stack component="ul" gap={2} my="xs" pl="lg">
      {lines.map((line) => (
        <Text component="li" key={line}>
          {line}
        </Text>
      ))}
    </Stack>
  );
}
