import { create } from 'zustand';

/** Whether the palette or the sheet of shortcuts lies over the page. */
export const usePalette = create<{ open: boolean }>(() => ({ open: false }));
export const useSheet = create<{ open: boolean }>(() => ({ open: false }));
