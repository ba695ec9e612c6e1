import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';

/** The load generator: as little per request as can be, so that it is not what is measured. */
const plan = z
  .object({
    port: z.number(),
    clients: z.number(),
    requests: z.array(z.string()).min(1),
    seconds: z.number().default(Number.POSITIVE_INFINITY),
    count: z.number().default(Number.POSITIVE_INFINITY),
  })
  .parse(workerData);

const run = randomBytes(4).toString('hex');
const statuses: Record<string, number> = {};
const times: number[] = [];
let sent = 0;

function nextRequest(): string {
  const number = sent++;
  const request = plan.requests[number % plan.requests.length] ?? '';
  return request.replaceAll('{unique}', run + number.toString(16).padStart(8, '0'));
}

const END_OF_CHUNKS = Buffer.from('0\r\n\r\n');

/** Whether all of an answer is here. */
function isWhole(buffer: Buffer): boolean {
  const head = buffer.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const length = /content-length: (\d+)/i.exec(buffer.toString('latin1', 0, head));
  if (length) return buffer.length >= head + 4 + Number(length[1]);
  return buffer.subarray(-END_OF_CHUNKS.length).equals(END_OF_CHUNKS);
}

/** Sends one request after another over one connection until the plan is fulfilled. */
function client(deadline: number): Promise<void> {
  return new Promise((done, failed) => {
    const socket = connect(plan.port, '127.0.0.1').setNoDelay();
    let buffer = Buffer.alloc(0);
    let started = 0;
    const send = () => {
      if (sent >= plan.count || performance.now() >= deadline) {
        socket.destroy();
        return done();
      }
      started = performance.now();
      socket.write(nextRequest());
    };
    socket.on('connect', send);
    socket.on('error', failed);
    socket.on('data', (chunk) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
      if (!isWhole(buffer)) return;
      times.push(performance.now() - started);
      const status = buffer.toString('latin1', 9, 12);
      statuses[status] = (statuses[status] ?? 0) + 1;
      buffer = Buffer.alloc(0);
      send();
    });
  });
}

const started = performance.now();
const before = performance.eventLoopUtilization();
await Promise.all(Array.from({ length: plan.clients }, () => client(started + plan.seconds * 1000)));
const { utilization } = performance.eventLoopUtilization(before);
const sorted = Float64Array.from(times).sort();
const percentile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
parentPort?.postMessage({
  answered: times.length,
  seconds: (performance.now() - started) / 1000,
  statuses,
  p50Ms: percentile(0.5),
  p99Ms: percentile(0.99),
  busy: utilization,
});
