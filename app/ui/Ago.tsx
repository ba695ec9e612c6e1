import { useState, useSyncExternalStore } from 'react';
import { exactTime, relativeTime } from './format.ts';

const TICK_MS = 15_000;

/** One clock for all, as lists have a moment in every row. It stands while nobody looks. */
const looking = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now();
  for (const tell of looking) tell();
}

function look(tell: () => void): () => void {
  if (looking.size === 0) timer = setInterval(tick, TICK_MS);
  looking.add(tell);
  return () => {
    looking.delete(tell);
    if (looking.size === 0) clearInterval(timer);
  };
}

const clock = () => now;

/** A moment, as seen from now; the exact one on hover, by the browser's own means: lists have one in every row. */
export function Ago({ at }: { at: string }) {
  const [shownAt] = useState(() => Date.now());
  const seenFrom = Math.max(useSyncExternalStore(look, clock, clock), shownAt);
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, seenFrom)}
    </time>
  );
}
