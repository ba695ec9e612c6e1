import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createClient } from '../support/crash-client.ts';
import { type CrashStack, onStack } from '../support/crash-stack.ts';
import { until } from '../support/until.ts';

const ready = z.object({ status: z.string(), checks: z.record(z.string(), z.string()) });

/** Resolves once `/readyz` says this under that name; nobody is kept from using InfraHub by it. */
const readyzSays = (stack: CrashStack, check: string, words: RegExp) =>
  until(`/readyz to say: ${words}`, async () => {
    const { status, checks } = ready.parse(await (await fetch(`${stack.replicas[0]?.url()}/readyz`)).json());
    expect(status).toBe('ready');
    return words.test(checks[check] ?? '') || undefined;
  });

/** Resolves once the admin's overview is told so, by this address of the API. */
async function overviewIsTold(stack: CrashStack, path: string, words: RegExp): Promise<void> {
  const admin = createClient({ urls: () => stack.replicas.map((r) => r.url()), ...stack.people.admin });
  await until(`${path} to say: ${words}`, async () => {
    const { body } = await admin.call('GET', path);
    return words.test(JSON.stringify(body)) || undefined;
  });
}

const waits = (stack: CrashStack, id: string, words: RegExp) =>
  until(`a project that says: ${words}`, async () => {
    const { status, status_reason } = await stack.client.get(id);
    expect(status).toBe('provisioning');
    return words.test(status_reason ?? '') || undefined;
  });

/** As long as it is so, a project waits with the reason; once it is mended, it becomes active. */
async function expectWaitAndEnd(stack: CrashStack, words: RegExp, mend: () => void): Promise<void> {
  const { id } = await stack.client.change('/projects', stack.newProject());
  await waits(stack, id, words);
  await readyzSays(stack, 'provisioning', words);
  await overviewIsTold(stack, '/reports/attention', words);
  mend();
  await stack.settled();
  expect(await stack.client.get(id)).toMatchObject({ status: 'active', status_reason: null });
  expect(await stack.findings()).toEqual([]);
}

describe.concurrent('found at the start, said with what to do, and waited for:', () => {
  type BadStart = { words: RegExp; spoil(stack: CrashStack): void; mend(stack: CrashStack): void };
  const expectFoundAtStart = ({ words, spoil, mend }: BadStart) =>
    onStack({}, async (stack) => {
      const [replica] = stack.replicas;
      await replica?.kill();
      spoil(stack);
      await replica?.start();
      await readyzSays(stack, 'outside', words);
      await overviewIsTold(stack, '/admin/drift', words);
      await expectWaitAndEnd(stack, words, () => mend(stack));
    });

  test('a values file that cannot be used', () =>
    expectFoundAtStart({
      words: /It is not valid YAML as Helm reads it, line 3: Map keys must be unique/,
      spoil: ({ remote }) => remote.commitAsRival('values.yaml', 'namespaces:\n  a: {}\n  a: {}\n'),
      mend: ({ remote }) => remote.commitAsRival('values.yaml', 'namespaces: {}\n'),
    }));

  test('a repository without the branch', () =>
    expectFoundAtStart({
      words: /The repository has no such branch\. Make it, or correct GIT_BRANCH/,
      spoil: ({ remote }) => remote.git('branch', '-m', 'main', 'elsewhere'),
      mend: ({ remote }) => remote.git('branch', '-m', 'elsewhere', 'main'),
    }));

  test('an Argo CD application that does not exist', () =>
    expectFoundAtStart({
      words: /Give its account `get` and `sync` on the application, and check ARGOCD_APP_NAME/,
      spoil: ({ argocd }) => argocd.behave({ no_application: true }),
      mend: ({ argocd }) => argocd.behave({ no_application: false }),
    }));
});

describe.concurrent('found when it is used, said with what to do, and waited for:', () => {
  test('a Git token that may read and not push', () =>
    onStack({}, async (stack) => {
      stack.git.behave({ read_only: true });
      const words = /Give InfraHub’s account the right to read and push/;
      await expectWaitAndEnd(stack, words, () => stack.git.behave({ read_only: false }));
    }));

  test('an Argo CD token that may look and not sync', () =>
    onStack({}, async (stack) => {
      stack.argocd.behave({ read_only: true });
      const words = /Give its account `get` and `sync` on the application/;
      await expectWaitAndEnd(stack, words, () => stack.argocd.behave({ read_only: false }));
    }));
});
