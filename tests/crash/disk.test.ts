import { describe, expect, test } from 'vitest';
import { type CrashStack, onStack } from '../support/crash-stack.ts';
import { createSmallDisk, type SmallDisk, smallDiskIsMissing } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const withoutDisk = smallDiskIsMissing();
if (withoutDisk) console.warn(`a full disk: ${withoutDisk}`);

async function onDisk(scenario: (stack: CrashStack, disk: SmallDisk) => Promise<void>): Promise<void> {
  const disk = await createSmallDisk();
  try {
    await onStack({ disk }, (stack) => scenario(stack, disk));
  } finally {
    await disk.remove();
  }
}

const FULL = /The disk of InfraHub’s temporary folder is full\. Make room there/;

/** Resolves once the project waits with the reason, and `/readyz` gives it as well. */
async function waitsForRoom(stack: CrashStack, id: string): Promise<void> {
  await until('a project that waits for room', async () => {
    const { status, status_reason } = await stack.client.get(id);
    expect(status).toBe('provisioning');
    return FULL.test(status_reason ?? '') || undefined;
  });
  expect(await (await fetch(`${stack.replica('A').url()}/readyz`)).text()).toMatch(FULL);
}

async function expectActive(stack: CrashStack, ids: string[]): Promise<void> {
  await stack.settled();
  expect(Object.values(await stack.reader.statuses())).toEqual(ids.map(() => 'active'));
  expect(await stack.findings()).toEqual([]);
}

/** What a process leaves that could not write to the end. */
const LEFTOVER = /\.lock$|^tmp_|crash/;

describe.skipIf(withoutDisk).concurrent('a disk that is full', () => {
  test('keeps projects waiting, who go on by themselves once there is room, and nothing half-written is left', () =>
    onDisk(async (stack, disk) => {
      const before = await stack.client.change('/projects', stack.newProject());
      await expectActive(stack, [before.id]);
      await disk.fill();
      const { id } = await stack.client.change('/projects', stack.newProject());
      await waitsForRoom(stack, id);
      await disk.makeRoom();
      await expectActive(stack, [before.id, id]);
      expect(await stack.reader.commits()).toHaveLength(2);
      expect((await disk.files()).filter((name) => LEFTOVER.test(name))).toEqual([]);
    }));

  test('from the start keeps nobody from starting, nor from going on once there is room', () =>
    onDisk(async (stack, disk) => {
      await stack.replica('A').kill();
      await disk.fill();
      await stack.replica('A').start();
      const { id } = await stack.client.change('/projects', stack.newProject());
      await waitsForRoom(stack, id);
      await disk.makeRoom();
      await expectActive(stack, [id]);
    }));
});
