import { createLog } from '../../server/platform/log.ts';

/** A log that keeps its lines for the test to read. */
export function recordingLog() {
  const lines: string[] = [];
  return { lines, log: createLog('debug', { write: (line) => lines.push(line) }) };
}
