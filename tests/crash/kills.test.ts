import { afterAll, describe, test } from 'vitest';
import { createStackPool } from '../support/crash-stack.ts';
import { dieAt, WALKS } from './walks.ts';

const alone = createStackPool({ limit: 12 });
const pairs = createStackPool({ limit: 12, replicas: 2 });
afterAll(() => Promise.all([alone.stop(), pairs.stop()]));

const scenarios = WALKS.flatMap((walk) =>
  walk.boundaries.map((boundary) => {
    const { at, after, fate } = boundary;
    return { walk, boundary, name: `${walk.name}, at: ${at}${after ? ` (after: ${after})` : ''}, which ${fate}` };
  }),
);

describe.concurrent('a process that is killed and started again', () => {
  for (const { name, walk, boundary } of scenarios)
    test(name, () => alone.use((stack) => dieAt(stack, walk, boundary, 'restarted')));
});

describe.concurrent('one of two replicas that is killed', () => {
  const between = scenarios.filter(({ boundary }) => boundary.at.startsWith('record'));
  for (const { name, walk, boundary } of between)
    test(name, () => pairs.use((stack) => dieAt(stack, walk, boundary, 'replaced')));
});
