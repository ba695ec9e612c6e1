import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { type CrashStack, createStackPool, onStack } from '../support/crash-stack.ts';
import { besideRival } from '../support/rival.ts';
import { until, within } from '../support/until.ts';

const stacks = createStackPool({ limit: 4, settings: { GIT_TIMEOUT_SECONDS: '2' } });
afterAll(() => stacks.stop());

const create = (stack: CrashStack) => stack.client.change('/projects', stack.newProject());

/** Resolves once the project's page says that it waits for Git, with these words. */
const waitsForGit = (stack: CrashStack, id: string, words: RegExp) =>
  until(`a project that waits for Git: ${words}`, async () => {
    const { status, status_reason } = await stack.client.get(id);
    expect(status).toBe('provisioning');
    return /^Waiting for Git since/.test(status_reason ?? '') && words.test(status_reason ?? '') ? true : undefined;
  });

async function expectActive(stack: CrashStack, id: string): Promise<void> {
  await stack.settled();
  expect(await stack.client.get(id)).toMatchObject({ status: 'active', status_reason: null });
  expect(await stack.findings()).toEqual([]);
}

describe.concurrent('Git', () => {
  test('a push that a rival comes before is made again on top of the rival’s', () =>
    stacks.use(async (stack) => {
      const pushing = stack.checkpoints.stopAt('push arrives');
      const { id, namespace_name } = await create(stack);
      const held = await within('a push', 90, pushing);
      const theirs = (await stack.reader.readFile()).replace('# whose', '# mine, and yours:');
      stack.remote.commitAsRival('values.yaml', theirs);
      held.goOn();
      await expectActive(stack, id);
      const file = await stack.reader.readFile();
      expect(file).toContain('# mine, and yours:');
      expect(file.split(namespace_name)).toHaveLength(2);
      stack.remote.commitAsRival('values.yaml', file.replace('# mine, and yours:', '# whose'));
    }));

  test('a rival who comes before every single push is waited for, and nobody fails by that', () =>
    stacks.use(async (stack) => {
      let pushes = 0;
      stack.checkpoints.whenPassed('push arrives', () => {
        stack.remote.commitAsRival('theirs.yaml', `push: ${++pushes}\n`);
      });
      const { id } = await create(stack);
      await waitsForGit(stack, id, /Others pushed to the branch first, 8 times in a row/);
      expect(pushes).toBe(8);
      stack.checkpoints.forget();
      await expectActive(stack, id);
    }));

  test('a push whose answer is lost is found to have arrived, and not made again', () =>
    stacks.use(async (stack) => {
      const before = await stack.reader.commits();
      stack.git.behave({ lose_push_answers: 1 });
      const { id } = await create(stack);
      await expectActive(stack, id);
      expect((await stack.reader.commits()).slice(before.length)).toEqual([expect.stringMatching(/^Provision/)]);
    }));

  test('while the remote is gone projects wait, and go on by themselves once it is back', () =>
    stacks.use(async (stack) => {
      for (const { git } of stack.replicas) git.setUp(false);
      const projects = [await create(stack), await create(stack)];
      for (const { id } of projects) await waitsForGit(stack, id, /cannot be reached/);
      for (const { git } of stack.replicas) git.setUp(true);
      for (const { id } of projects) await expectActive(stack, id);
    }));

  test('a remote that goes away under a watched project fails nothing', () =>
    stacks.use(async (stack) => {
      const asked = stack.checkpoints.stopAt('sync answered');
      const { id } = await create(stack);
      const held = await within('a sync', 90, asked);
      for (const { git } of stack.replicas) git.setUp(false);
      // A commit that InfraHub's own copy of the repository does not know: only a fetch can tell what is in it.
      stack.remote.commitAsRival('theirs.yaml', `a: ${Date.now()}\n`);
      held.goOn();
      await waitsForGit(stack, id, /cannot be reached/);
      for (const { git } of stack.replicas) git.setUp(true);
      await expectActive(stack, id);
    }));

  test.for([
    ['does not accept the token', { status: 401 }, /Renew GIT_TOKEN/],
    ['forbids the access', { status: 403 }, /Give InfraHub’s account the right/],
    ['breaks down', { status: 500 }, /cannot be reached/],
    ['says nothing at all', { hang: true }, /did not answer in time \(GIT_TIMEOUT_SECONDS\)/],
  ] as const)('a remote that %s is waited for, and the reason said', ([_, behaviour, words]) =>
    stacks.use(async (stack) => {
      stack.git.behave(behaviour);
      const { id } = await create(stack);
      await waitsForGit(stack, id, words);
      stack.git.behave(stack.git.shape.parse({}));
      await expectActive(stack, id);
    }),
  );

  test('a hook that declines is no reason to storm the remote, nor to fail', () =>
    stacks.use(async (stack) => {
      const hook = join(stack.remote.folder, 'hooks', 'pre-receive');
      await writeFile(hook, '#!/bin/sh\necho "GL-HOOK-ERR: not on a Friday"\nexit 1\n');
      await chmod(hook, 0o755);
      const before = stack.checkpoints.times('push rejected');
      const { id } = await create(stack);
      await waitsForGit(stack, id, /GL-HOOK-ERR: not on a Friday/);
      const since = performance.now();
      await until('a second push', () => (stack.checkpoints.times('push rejected') > before + 1 ? true : undefined));
      expect(performance.now() - since).toBeGreaterThan(3_000);
      await rm(hook);
      await expectActive(stack, id);
    }));

  test('what a rewritten history has lost is written again, and nothing twice', () =>
    stacks.use(async (stack) => {
      const asking = stack.checkpoints.stopAt('sync arrives');
      const { id, namespace_name } = await create(stack);
      const held = await within('a sync', 90, asking);
      stack.remote.git('update-ref', 'refs/heads/main', 'main~1');
      stack.remote.commitAsRival('theirs.yaml', `b: ${Date.now()}\n`);
      held.goOn();
      await expectActive(stack, id);
      expect((await stack.reader.readFile()).split(namespace_name)).toHaveLength(2);
    }));

  test('so is a removal, whose quota is held until it has really happened', () =>
    stacks.use(async (stack) => {
      const input = stack.newProject();
      stack.argocd.behave({ degraded: [`${input.team_id}-${input.name}`] });
      const asking = stack.checkpoints.stopAt('sync arrives', 'recorded provision undone');
      const { id } = await stack.client.change('/projects', input);
      const held = await within('the sync of the removal', 150, asking);
      stack.remote.git('update-ref', 'refs/heads/main', 'main~1');
      stack.remote.commitAsRival('theirs.yaml', `c: ${Date.now()}\n`);
      held.goOn();
      await stack.settled();
      expect(await stack.client.get(id)).toMatchObject({ status: 'failed' });
      expect(await stack.findings()).toEqual([]);
    }));
});

test('fifty creates, while somebody else pushes without end, all land in few commits, and nobody’s line is lost', () =>
  onStack({ replicas: 2 }, async (stack) => {
    const { done: created, theirs } = await besideRival(stack.gitUrl, async () => {
      const projects = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          await sleep(Math.floor(index / 10) * 1_000);
          return create(stack);
        }),
      );
      await stack.settled();
      return projects;
    });
    const projects = await stack.reader.projects();
    expect(projects.map((p) => p.status)).toEqual(Array(50).fill('active'));
    expect(projects.map((p) => p.id).sort()).toEqual(created.map((p) => p.id).sort());
    expect((await stack.reader.readFile()).match(/^# theirs.*$/gm)).toEqual(theirs);
    const ours = (await stack.reader.commits()).filter((subject) => subject.startsWith('Provision'));
    expect(ours.length).toBeLessThan(25);
    expect(await stack.findings()).toEqual([]);
  }));
