import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { calm } from '../support/model-cluster.ts';
import { anyCommand } from '../support/model-commands.ts';
import { OTHERS } from '../support/model-outside.ts';
import { isSettled } from '../support/model-provisioning.ts';
import { shrunkFields } from '../support/model-rules.ts';
import { goOn, type Model } from '../support/model-run.ts';
import { founding, namespaceOf } from '../support/model-state.ts';
import { modelWorld, type World } from '../support/model-world.ts';

/**
 * `MODEL_RUNS` for more of them at night. A failure is seen again with `MODEL_SEED` and `MODEL_PATH`, as its report names
 * them: `MODEL_SEED=6 MODEL_PATH='1:2:1 kX/B:N'`, the second part of the path being the `replayPath`. What happens at
 * the same time need not happen in the same order again.
 */
const { MODEL_RUNS = '300', MODEL_SEED, MODEL_PATH } = process.env;
const RUNS = Number(MODEL_RUNS);
/** A run has up to twice as many, all lengths alike. */
const COMMANDS = 60;
/** Runs go on side by side, so that the database works while Node does. */
const LANES = MODEL_SEED === undefined ? 4 : 1;
/** Rounds after which nothing can still be under way, once nothing is in the way. */
const ROUNDS = 8;
/** For all of them and, if one fails, for finding a small one that does. */
const LIMIT_MS = 600_000 + RUNS * 3_000;

async function expectInvariants(model: Model, world: World): Promise<void> {
  const facts = shrunkFields(model.state).map((fieldAndSite) => `1: ${fieldAndSite}`);
  expect((await world.broken()).sort(), model.story.join('\n')).toEqual(facts.sort());
}

/** What holds wherever a run has ended, and is reached from there. */
async function comesToRest(model: Model, world: World): Promise<void> {
  await expectInvariants(model, world);
  for (const outside of [model.state, world.outside]) {
    calm(outside.cluster);
    outside.gitIsDown = false;
  }
  for (let round = 0; round < ROUNDS && !isSettled(model.state); round++) await goOn(model, world);
  expect(isSettled(model.state), model.story.join('\n')).toBe(true);
  await expectInvariants(model, world);
  const { projects, git, cluster } = await world.view();
  const active = Object.values(projects).filter((project) => project.status === 'active');
  expect(Object.keys(git.entries).sort()).toEqual(active.map(namespaceOf).sort());
  expect(cluster.live).toEqual(git.entries);
  expect(world.outside.text.startsWith(OTHERS)).toBe(true);
}

test.concurrent.each(Array.from({ length: LANES }, (_, lane) => lane))(
  'whatever happens in whatever order, InfraHub does what the model of its domain does (lane %i)',
  { timeout: LIMIT_MS + 60_000 },
  async () => {
    const seed = MODEL_SEED === undefined ? randomInt(2 ** 31) : Number(MODEL_SEED);
    const [path, replayPath] = MODEL_PATH?.split(' ') ?? [];
    const world = await modelWorld();
    try {
      const commands = fc.commands([anyCommand], {
        ...{ maxCommands: 2 * COMMANDS, size: 'max' },
        ...(replayPath && { replayPath }),
      });
      const agrees = fc.asyncProperty(commands, async (commands) => {
        const model: Model = { state: founding(), keys: 0, story: [] };
        await world.found(model.state);
        await fc.asyncModelRun(() => ({ model, real: world }), commands);
        await comesToRest(model, world);
      });
      const numRuns = Math.ceil(RUNS / LANES);
      console.log(`model: ${numRuns} runs, MODEL_SEED=${seed}`);
      const plugins = [fc.interruptAfterTimeLimit(LIMIT_MS, { failOnInterrupt: true })];
      await fc.assert(agrees, { seed, numRuns, plugins, ...(path && { path }) });
    } finally {
      await world.drop();
    }
  },
);
