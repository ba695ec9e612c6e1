/** The most servers that one call takes. */
const MAX_OF_A_CALL = 1_000;

/**
 * Hands over any number of servers, in as many calls as it takes, each all or nothing; tells after each how many are done.
 * @throws what a call was refused with; what was done before it stays done
 */
export async function inCalls(
  ids: string[],
  call: (ids: string[]) => Promise<unknown>,
  onDone: (done: number) => void,
): Promise<void> {
  for (let from = 0; from < ids.length; from += MAX_OF_A_CALL) {
    await call(ids.slice(from, from + MAX_OF_A_CALL));
    onDone(Math.min(from + MAX_OF_A_CALL, ids.length));
  }
}
