import type fc from 'fast-check';
import type { Call, Plan } from './model-calls.ts';
import { befall } from './model-cluster.ts';
import { WATCH, WRITE } from './model-project-plans.ts';
import { pass } from './model-provisioning.ts';
import { whatIsUnsafe } from './model-safety.ts';
import { disagreement, explain } from './model-search.ts';
import type { State } from './model-state.ts';
import type { World } from './model-world.ts';

/** The model during a run: what it holds to be so, and what has happened, to be read when they part. */
export type Model = { state: State; keys: number; story: string[] };

export type ModelCommand = fc.AsyncCommand<Model, World>;

export const command = (label: string, run: ModelCommand['run']): ModelCommand => ({
  check: () => true,
  run,
  toString: () => label,
});

function part(model: Model, why: string): never {
  throw new Error(`${why}\n\nWhat happened:\n${model.story.map((line, i) => `${i + 1}. ${line}`).join('\n')}`);
}

/** Makes calls, several at the same time, and finds an order in which the model makes them too. */
async function make(model: Model, world: World, calls: Call[]): Promise<void> {
  const outcomes = await Promise.all(calls.map((call) => call.perform(world)));
  const view = await world.view();
  model.story.push(calls.map((call, i) => `${call.title} → ${outcomes[i]}`).join('\n   and at the same time '));
  const state = explain(model.state, calls, { outcomes, view });
  if (!state) part(model, `No order explains it.\n  ${disagreement(model.state, calls, { outcomes, view })}`);
  model.state = state;
  const unsafe = whatIsUnsafe(view);
  if (unsafe.length > 0) part(model, unsafe.join('\n'));
}

/** Aims plans at what there is now, and makes them all at the same time. */
export const carryOut = (model: Model, world: World, plans: Plan[], focus = 0): Promise<void> =>
  make(
    model,
    world,
    plans.map((plan) => plan.aim(model.state, `#${++model.keys}`, focus)),
  );

/** Something happens outside: to the surroundings that the model thinks with, and to those of the real thing. */
export function happen(
  model: Model,
  world: World,
  title: string,
  what: (outside: Pick<State, 'cluster' | 'inventory' | 'gitIsDown'>) => void,
): void {
  what(model.state);
  what(world.outside);
  model.story.push(title);
}

export async function timePasses(model: Model, world: World, minutes: number): Promise<void> {
  pass(model.state, minutes);
  await world.pass(minutes);
  model.story.push(`${minutes} minutes pass`);
}

/** What waits goes all its way, unless something is in the way; by so many replicas that do the same at the same time. */
export async function goOn(model: Model, world: World, replicas = 1): Promise<void> {
  const all = (step: Plan) => carryOut(model, world, Array<Plan>(replicas).fill(step));
  await all(WRITE);
  await all(WATCH);
  happen(model, world, 'the sync ends', ({ cluster }) => befall(cluster, { kind: 'the sync ends' }));
  await all(WATCH);
}
