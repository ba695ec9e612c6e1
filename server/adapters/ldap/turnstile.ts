/** Lets at most `places` pieces of work run at once; the others wait in the order in which they came. */
export function createTurnstile(places: number) {
  let free = places;
  const waiting: (() => void)[] = [];

  return async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free--;
    else await new Promise<void>((admit) => waiting.push(admit));
    try {
      return await work();
    } finally {
      const admitNext = waiting.shift();
      if (admitNext) admitNext();
      else free++;
    }
  };
}
