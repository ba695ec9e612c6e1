import { afterAll, describe, test } from 'vitest';
import { createStackPool } from '../support/crash-stack.ts';
import { dieAt, WALKS } from './walks.ts';

const stacks = createStackPool();
afterAll(() => stacks.stop());

const scenarios = WALKS.flatMap((walk) =>
  walk.boundaries.map((boundary) => {
    const { at, after, fate } = boundary;
    return { walk, boundary, name: `${walk.name}, at: ${at}${after ? ` (after: ${after})` : ''}, which ${fate}` };
  }),
);

describe.concurrent('a process that is killed and started again', () => {
  for (const { name, walk, boundary } of scenarios)
    test(name, () => stacks.use(1, (stack) => dieAt(stack, walk, boundary, 'restarted')));
});

describe.concurrent('one of two replicas that is killed', () => {
  for (const { name, walk, boundary } of scenarios)
    test(name, () => stacks.use(2, (stack) => dieAt(stack, walk, boundary, 'replaced')));
});
