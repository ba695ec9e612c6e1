import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useFocusReturn } from './use-focus-return.ts';

type DialogProps = {
  title: string;
  size?: 'md' | 'lg';
  /** What it asked for is under way: it stays until the outcome can be told. */
  pending?: boolean;
  /** Absent where there is no way out but what it asks for. */
  onClose?: () => void;
  children: ReactNode;
};

/** Lies over the page until it is answered. A click beside it does not close it, as that would lose what was typed. */
export function Dialog({ title, size = 'md', pending = false, onClose, children }: DialogProps) {
  useFocusReturn();
  return (
    <Modal
      opened
      onClose={() => onClose?.()}
      title={title}
      size={size}
      closeOnClickOutside={false}
      closeOnEscape={!pending}
      withCloseButton={onClose !== undefined}
      closeButtonProps={{ 'aria-label': 'Close', disabled: pending }}
    >
      {children}
    </Modal>
  );
}
