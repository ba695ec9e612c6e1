import { setTimeout as sleep } from 'node:timers/promises';
import { httpText, load } from './load.ts';
import type { Benchmark } from './measure.ts';
import { found, tokenOfAdmin } from './organisation.ts';
import { startWorld } from './world.ts';

const REST_MS = 10_000;
const CLIENTS = 32;
/** What people ask for all day: pages, who they are, and lists. */
const ASKED = [
  '/sign-in',
  '/api/v1/auth/me',
  '/api/v1/projects?limit=50',
  '/api/v1/servers?limit=50',
  '/api/v1/org/tree',
];

async function residentMb(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]) / 1024 ** 2;
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok;
}

async function workHard(url: string, seconds: number): Promise<void> {
  const token = await tokenOfAdmin({ url });
  const requests = ASKED.map((path) => httpText(path, { token }));
  await load({ port: Number(new URL(url).port), clients: CLIENTS, requests, seconds });
}

/**
 * How long a replica takes until it is ready, its database migrated, and what it holds when nobody asks anything and
 * when 32 clients do without a pause.
 */
export const replica: Benchmark = {
  name: 'process',
  async run({ rounds, quick }) {
    const world = await startWorld({}, (db) => found(db, { fields: 5, departments: 20, teams: 200 }));
    try {
      const [starts, rests, loaded]: [number[], number[], number[]] = [[], [], []];
      for (let round = 0; round < rounds; round++) {
        const started = performance.now();
        const replica = await world.start();
        while (!(await isReady(replica.url))) await sleep(10);
        starts.push((performance.now() - started) / 1000);
        await sleep(quick ? 2_000 : REST_MS);
        rests.push(await residentMb(replica.url));
        await workHard(replica.url, quick ? 5 : 20);
        loaded.push(await residentMb(replica.url));
        await replica.stop();
      }
      return [
        { what: 'memory at rest', unit: 'MB', ours: rests, goal: { atMost: 200 } },
        { what: 'memory under load', unit: 'MB', ours: loaded },
        { what: 'start until ready', unit: 's', ours: starts, goal: { atMost: 2 } },
      ];
    } finally {
      await world.stop();
    }
  },
};
