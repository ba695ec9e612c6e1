import { useEffect, useState } from 'react';

/** What had the keyboard; of a menu that is about to close, what opened it. */
function holderOfFocus(): Element | null {
  const active = document.activeElement;
  const opener = active?.closest('[role=menu]')?.getAttribute('aria-labelledby');
  return (opener && document.getElementById(opener)) || active;
}

const takesFocus = (element: Element): element is HTMLElement =>
  element instanceof HTMLElement && element.getClientRects().length > 0 && !element.matches(':disabled');

function giveBackTo(holder: Element | null): void {
  if (!holder || holder === document.body || document.activeElement !== document.body) return;
  const target = takesFocus(holder) ? holder : document.getElementById('content');
  target?.focus({ preventScroll: true });
}

/**
 * When the component goes, the keyboard is where it was before it came, or at the content where that is gone. Mantine does
 * this only for what is closed and stays.
 */
export function useFocusReturn(): void {
  const [holder] = useState(holderOfFocus);
  // Later, when what had the keyboard until now is gone, and perhaps something else has taken it.
  useEffect(() => () => void setTimeout(() => giveBackTo(holder)), [holder]);
}
