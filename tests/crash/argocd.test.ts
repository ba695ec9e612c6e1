import { afterAll, describe, expect, test } from 'vitest';
import { type CrashStack, createStackPool, onStack } from '../support/crash-stack.ts';
import { until } from '../support/until.ts';

const TIMEOUT_SECONDS = 3;

const stacks = createStackPool({
  limit: 4,
  settings: { ARGOCD_TIMEOUT_SECONDS: '1', PROVISION_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS) },
});
afterAll(() => stacks.stop());

const namespaceOf = (input: ReturnType<CrashStack['newProject']>) => `${input.team_id}-${input.name}`;

/** Looks at a project until so many seconds have passed, and at every look it must be the same. */
async function stays(stack: CrashStack, id: string, status: string, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  await until(
    `${seconds} s to pass`,
    async () => {
      expect(await stack.client.get(id)).toMatchObject({ status });
      return performance.now() > end ? true : undefined;
    },
    { everyMs: 200 },
  );
}

const says = (stack: CrashStack, id: string, words: RegExp) =>
  until(`a project that says: ${words}`, async () => {
    const { status_reason } = await stack.client.get(id);
    return words.test(status_reason ?? '') ? true : undefined;
  });

async function expectEnd(stack: CrashStack, id: string, end: { status: string; status_reason: unknown }) {
  await stack.settled();
  expect(await stack.client.get(id)).toMatchObject(end);
  expect(await stack.findings()).toEqual([]);
}

const ACTIVE = { status: 'active', status_reason: null };

describe.concurrent('while Argo CD', () => {
  test.for([
    ['answers 401', { status: 401 }, /Renew ARGOCD_TOKEN/],
    ['answers 403', { status: 403 }, /Give its account `get` and `sync`/],
    ['answers 404', { status: 404 }, /no such application/],
    ['answers 500', { status: 500 }, /cannot do it now/],
    ['answers 503', { status: 503 }, /cannot do it now/],
    ['says nothing at all', { hang: true }, /did not answer in time \(ARGOCD_TIMEOUT_SECONDS\)/],
    ['answers a web page', { garbage: 'html' }, /no JSON/],
    ['answers half of an answer', { garbage: 'truncated' }, /no JSON/],
    ['answers another shape', { garbage: 'wrong_shape' }, /no application/],
  ] as const)('%s its projects wait beyond their time, and fail by nothing of it', ([_, behaviour, words]) =>
    stacks.use(async (stack) => {
      stack.checkpoints.whenPassed('recorded provision syncing asked', () => stack.argocd.behave(behaviour));
      const { id } = await stack.client.change('/projects', stack.newProject());
      await says(stack, id, words);
      await stays(stack, id, 'provisioning', TIMEOUT_SECONDS + 1);
      stack.checkpoints.forget();
      stack.argocd.behave(stack.argocd.shape.parse({}));
      await expectEnd(stack, id, ACTIVE);
    }),
  );

  test.for([
    ['is at another operation', { busy_times: 1_000_000 }, /^Waiting for another operation in Argo CD to end/],
    ['has its auto-sync in the way', { auto_sync_error: true }, /auto-sync currently set to main/],
    ['is kept from syncing by a window', { sync_window: true }, /^Waiting for a sync window/],
    ['cannot be asked at all', { status: 502 }, /cannot do it now/],
  ] as const)('%s it is asked again, and no clock runs', ([_, behaviour, words]) =>
    stacks.use(async (stack) => {
      stack.argocd.behave(behaviour);
      const { id } = await stack.client.change('/projects', stack.newProject());
      await says(stack, id, words);
      await stays(stack, id, 'provisioning', TIMEOUT_SECONDS + 1);
      stack.argocd.behave(stack.argocd.shape.parse({}));
      await expectEnd(stack, id, ACTIVE);
    }),
  );
});

describe.concurrent('what Argo CD says', () => {
  test('of an older revision counts for nothing, however healthy that is', () =>
    onStack({}, async (stack) => {
      const seen = () => stack.checkpoints.times('status answered');
      const first = await stack.client.change('/projects', stack.newProject());
      await expectEnd(stack, first.id, ACTIVE);
      stack.argocd.behave({ stale: true });
      const before = seen();
      const { id } = await stack.client.change('/projects', stack.newProject());
      await until('some looks', () => (seen() > before + 4 ? true : undefined));
      expect(await stack.client.get(id)).toMatchObject({ status: 'provisioning', status_reason: expect.any(String) });
      stack.argocd.behave({ stale: false });
      await expectEnd(stack, id, ACTIVE);
    }));

  test('too late brings nothing to life that has been given up', () =>
    stacks.use(async (stack) => {
      stack.argocd.behave({ stale: true });
      stack.checkpoints.whenPassed('recorded provision undoing', () => stack.argocd.behave({ stale: false }));
      const { id } = await stack.client.change('/projects', stack.newProject());
      await expectEnd(stack, id, {
        status: 'failed',
        status_reason: expect.stringMatching(/^Not ready within 3 seconds/),
      });
    }));

  test('of a namespace that was healthy and is degraded now takes nothing away from an active project', () =>
    stacks.use(async (stack) => {
      const input = stack.newProject();
      const { id } = await stack.client.change('/projects', input);
      await stack.settled();
      stack.argocd.behave({ degraded: [namespaceOf(input)] });
      const neighbour = await stack.client.change('/projects', stack.newProject());
      await expectEnd(stack, neighbour.id, ACTIVE);
      expect(await stack.client.get(id)).toMatchObject(ACTIVE);
    }));

  test.for([
    ['is degraded', (ns: string) => ({ degraded: [ns] }), /is degraded: namespace .* does not come up\.$/],
    ['cannot be applied', (ns: string) => ({ sync_failed: { [ns]: 'denied by policy' } }), /: denied by policy\.$/],
    ['is missing, though all is Healthy', (ns: string) => ({ missing: [ns] }), /reports no Namespace for it\.$/],
    [
      'is not listed, though all is Healthy',
      (ns: string) => ({ drop_namespace: [ns] }),
      /reports no Namespace for it\.$/,
    ],
  ] as const)('of a namespace that %s fails its project, and no other', ([_, behaviour, words]) =>
    stacks.use(async (stack) => {
      const input = stack.newProject();
      stack.argocd.behave(behaviour(namespaceOf(input)));
      const cure = () => stack.argocd.behave(stack.argocd.shape.parse({}));
      stack.checkpoints.whenPassed('recorded provision undoing', cure);
      const bad = await stack.client.change('/projects', input);
      const good = await stack.client.change('/projects', stack.newProject());
      await expectEnd(stack, bad.id, { status: 'failed', status_reason: expect.stringMatching(words) });
      expect(await stack.client.get(good.id)).toMatchObject(ACTIVE);
    }),
  );

  test('as long as it does not prune, the quota of what failed is held', () =>
    stacks.use(async (stack) => {
      const input = stack.newProject();
      stack.argocd.behave({ degraded: [namespaceOf(input)], never_prune: true });
      const { id } = await stack.client.change('/projects', input);
      await says(stack, id, /Quota is held until clean-up is done\. Argo CD still reports Namespace/);
      await stays(stack, id, 'rolling_back', TIMEOUT_SECONDS + 1);
      stack.argocd.behave({ never_prune: false });
      await expectEnd(stack, id, { status: 'failed', status_reason: expect.stringMatching(/is degraded/) });
    }));
});
