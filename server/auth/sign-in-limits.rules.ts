/** Seconds to wait after the first, second, … wrong password; the last one goes on for ever. */
export type Delays = readonly number[];

/** Doubles from `first` seconds until it reaches `most`. */
function doubling(first: number, most: number): number[] {
  return first >= most ? [most] : [first, ...doubling(first * 2, most)];
}

/**
 * For one account. Slow enough to stay below the usual lock-outs of directories (ten in ten minutes, six in one), short
 * enough that nobody is kept out for long.
 */
export const accountDelays = (freeTries: number): Delays => [
  ...Array<number>(freeTries - 1).fill(0),
  ...doubling(60, 300),
];

/** For one address, which a whole office may share. */
export const ADDRESS_DELAYS: Delays = [...Array<number>(19).fill(0), ...doubling(1, 60)];

/** Which of the refusals in a row are told to the audit log: the first, second, fourth, eighth and so on. */
export const isWorthAnEvent = (refusals: number): boolean => Number.isInteger(Math.log2(refusals));
