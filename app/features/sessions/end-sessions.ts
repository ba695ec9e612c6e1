import { create } from 'zustand';

/** Whether a person's sessions are about to be ended, and whose, as far as that is known. */
export const useEndSessions = create<{ open: boolean; username: string | undefined }>(() => ({
  open: false,
  username: undefined,
}));
