import { expect, test } from 'vitest';
import { readinessApp } from '../../server/platform/readiness.ts';

const well = { name: 'database', blocks: true, problem: async () => undefined };
const waiting = { name: 'provisioning', blocks: false, problem: async () => 'git.internal says: no' };
const silent = { name: 'worker', blocks: true, problem: async () => 'The job worker is silent' };

const ask = async (checks: (typeof waiting | typeof well)[], tellsReasons: boolean) => {
  const answer = await readinessApp(checks, { tellsReasons }).request('/readyz');
  return { status: answer.status, body: await answer.json() };
};

test('an operator reads what is wrong, and what does not block leaves the replica ready', async () => {
  expect(await ask([well, waiting], true)).toEqual({
    status: 200,
    body: { status: 'ready', checks: { database: 'ok', provisioning: 'git.internal says: no' } },
  });
});

test('strangers read only which check is not ok', async () => {
  expect(await ask([well, waiting, silent], false)).toEqual({
    status: 503,
    body: { status: 'not ready', checks: { database: 'ok', provisioning: 'not ok', worker: 'not ok' } },
  });
});
