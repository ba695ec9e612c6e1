import { useEffect, useState } from 'react';
import { exactTime, relativeTime } from './format.ts';

const TICK_MS = 15_000;

/** A moment, as seen from now; the exact one on hover, by the browser's own means: lists have one in every row. */
export function Ago({ at }: { at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, Math.max(now, 0))}
    </time>
  );
}
