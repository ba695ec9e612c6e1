import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onStack } from '../support/crash-stack.ts';
import { smallDiskIsMissing } from '../support/small-disk.ts';

const withoutMounts = smallDiskIsMissing();
if (withoutMounts) console.warn(`A root file system that nobody writes: ${withoutMounts}`);

/** As the chart has it: everything is read-only but the temporary folder. */
const SCRIPT = 'mount --bind "$TMPDIR" "$TMPDIR" && mount -o remount,bind,ro / && ! touch / 2>/dev/null && exec "$@"';
const through = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', SCRIPT, 'sh'];

describe.skipIf(withoutMounts)('a root file system that nobody writes', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'infrahub-temporary-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is enough, with a temporary folder, to provision a project and to take it down', () =>
    onStack({ disk: { folder, through } }, async (stack) => {
      const { id } = await stack.client.change('/projects', stack.newProject());
      await stack.settled();
      expect(await stack.client.get(id)).toMatchObject({ status: 'active' });
      expect(await readdir(folder)).not.toEqual([]);
      await stack.client.change(`/projects/${id}/decommission`);
      await stack.settled();
      expect(await stack.findings()).toEqual([]);
    }));
});
