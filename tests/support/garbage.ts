import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Frees what nothing holds any more; answers the bytes that are still held. */
export async function collectGarbage(): Promise<number> {
  // What a WeakRef was asked for stays until the turn is over.
  await new Promise((turn) => setImmediate(turn));
  collect();
  return process.memoryUsage().heapUsed;
}
