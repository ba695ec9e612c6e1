import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { onStack } from '../support/crash-stack.ts';

const PROJECTS = 60;
const KILLS = 4;

/** `CRASH_SEED` repeats a run: when which replica is killed. */
const seed = Number(process.env.CRASH_SEED ?? randomInt(2 ** 31));

/** A small generator of numbers in [0, 1), so that the seed tells everything (mulberry32). */
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`a burst of ${PROJECTS} creates while replicas are killed at random (CRASH_SEED=${seed})`, () =>
  onStack({ replicas: 2 }, async (stack) => {
    const next = random(seed);
    const creating = Promise.all(
      Array.from({ length: PROJECTS }, async (_, index) => {
        await sleep(index * 100);
        return (await stack.client.change('/projects', stack.newProject())).id;
      }),
    );
    for (let kills = 0; kills < KILLS; kills++) {
      await sleep(500 + next() * 3_000);
      const victim = stack.replicas[next() < 0.5 ? 0 : 1];
      await victim?.kill();
      await sleep(next() * 1_000);
      await victim?.start();
    }
    const ids = await creating;
    await stack.settled();
    const projects = await stack.reader.projects();
    expect(projects.map((p) => p.status)).toEqual(Array(PROJECTS).fill('active'));
    expect(projects.map((p) => p.id).sort()).toEqual(ids.sort());
    expect((await stack.reader.commits()).length).toBeLessThan(PROJECTS / 3);
    expect(await stack.findings()).toEqual([]);
  }));
