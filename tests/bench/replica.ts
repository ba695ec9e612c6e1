import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from './measure.ts';
import { found } from './organisation.ts';
import { startWorld } from './world.ts';

const REST_MS = 10_000;

async function residentMb(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]) / 1024 ** 2;
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok;
}

/** How long a replica takes until it is ready, its database migrated, and what it holds when nobody asks anything. */
export const replica: Benchmark = {
  name: 'process',
  async run({ rounds, quick }) {
    const world = await startWorld({}, (db) => found(db, { fields: 5, departments: 20, teams: 200 }));
    try {
      const [starts, rests]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        const started = performance.now();
        const replica = await world.start();
        while (!(await isReady(replica.url))) await sleep(10);
        starts.push((performance.now() - started) / 1000);
        await sleep(quick ? 2_000 : REST_MS);
        rests.push(await residentMb(replica.url));
        await replica.stop();
      }
      return [
        { what: 'memory at rest', unit: 'MB', ours: rests, goal: { atMost: 200 } },
        { what: 'start until ready', unit: 's', ours: starts, goal: { atMost: 2 } },
      ];
    } finally {
      await world.stop();
    }
  },
};
