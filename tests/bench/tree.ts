import { drizzle } from 'drizzle-orm/node-postgres';
import * as schema from '../../db/schema/index.ts';
import { readTree } from '../../server/org/tree.repository.ts';
import type { Benchmark } from './measure.ts';
import { found, tokenOfAdmin } from './organisation.ts';
import { startWorld, type World } from './world.ts';

const TIMES = 20;

/** How long one after the other takes, in milliseconds each. */
async function eachMs(work: () => Promise<unknown>): Promise<number> {
  await work();
  const started = performance.now();
  for (let i = 0; i < TIMES; i++) await work();
  return (performance.now() - started) / TIMES;
}

export const tree: Benchmark = {
  name: 'tree',
  async run({ rounds }) {
    const world = await startWorld({}, (db) => found(db, { fields: 50, departments: 450, teams: 4_500 }));
    try {
      const token = await tokenOfAdmin(world);
      const { text, parameters, queries } = await statementsOf(world.pool);
      const [ours, alone]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        alone.push(await eachMs(() => world.pool.query(text, parameters)));
        ours.push(
          await eachMs(async () => {
            const headers = { authorization: `Bearer ${token}` };
            const response = await fetch(`${world.url}/api/trpc/org.tree`, { headers });
            if (!response.ok) throw new Error(`the tree was answered ${response.status}`);
            await response.text();
          }),
        );
      }
      const baseline = { name: 'its query alone, from Node', figures: alone };
      return [
        {
          what: 'org tree of 5,000 nodes',
          unit: 'ms',
          ours,
          baseline,
          goal: { atMost: 3 },
          note: `${queries} round trip`,
        },
      ];
    } finally {
      await world.stop();
    }
  },
};

/** The statements that reading the tree sends. */
async function statementsOf(pool: World['pool']) {
  const seen: { text: string; parameters: unknown[] }[] = [];
  const logger = { logQuery: (text: string, parameters: unknown[]) => void seen.push({ text, parameters }) };
  await readTree(drizzle(pool, { schema, logger }), { everything: true });
  const [{ text, parameters } = { text: '', parameters: [] }] = seen;
  return { text, parameters, queries: seen.length };
}
