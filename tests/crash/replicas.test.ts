import { describe, expect, test } from 'vitest';
import { createClient } from '../support/crash-client.ts';
import { type CrashStack, onStack } from '../support/crash-stack.ts';
import { until, within } from '../support/until.ts';

const GRACE_SECONDS = 20;

/** Resolves once this replica has done something again that leaves the process. */
async function hasComeBack(stack: CrashStack, name: string): Promise<void> {
  const url = stack.replica(name).url();
  await until(`replica ${name} to answer`, () => fetch(`${url}/healthz`).then((r) => (r.ok ? true : undefined)));
  await until(`replica ${name} to report again`, async () => (await fetch(`${url}/readyz`)).ok || undefined);
}

/** The entry as InfraHub writes it of such a project. */
const entryOf = (namespace: string, { team_id, name, site }: ReturnType<CrashStack['newProject']>): string =>
  `  ${namespace}: {team_id: ${team_id}, project: ${name}, site: ${site}, sla: bronze, tier: regular, cpu: 2, ram_gb: 4}\n`;

describe.concurrent('a replica that is stopped for longer than it may be silent, and then wakes up', () => {
  test('cannot make true what it had seen before: meanwhile the other has seen more', () =>
    onStack({ replicas: 2 }, async (stack) => {
      const input = stack.newProject();
      stack.argocd.behave({ degraded: [`${input.team_id}-${input.name}`] });
      const seeing = stack.checkpoints.stopAt('status says Degraded');
      const { id } = await stack.client.change('/projects', input);
      const held = await within('a look', 150, seeing);
      const zombie = stack.replica(held.replica);
      zombie.signal('SIGSTOP');
      held.goOn();
      stack.argocd.behave({ degraded: [] });
      await stack.settled();
      expect(await stack.reader.statuses()).toEqual({ [input.name]: 'active' });
      zombie.signal('SIGCONT');
      await hasComeBack(stack, zombie.name);
      expect((await stack.reader.projects()).find((p) => p.id === id)).toMatchObject({ status: 'active' });
      expect(await stack.reader.commits()).toHaveLength(1);
      expect(await stack.findings()).toEqual([]);
    }));

  test('in the middle of a transaction loses it, and holds nobody up', () =>
    onStack({ replicas: 2 }, async (stack) => {
      const recording = stack.checkpoints.stopAt('recording provision succeeded');
      const { id } = await stack.client.change('/projects', stack.newProject());
      const held = await within('a transaction', 150, recording);
      const zombie = stack.replica(held.replica);
      zombie.signal('SIGSTOP');
      await stack.settled();
      zombie.signal('SIGCONT');
      held.goOn();
      await hasComeBack(stack, zombie.name);
      expect((await stack.reader.projects()).map((p) => [p.id, p.status])).toEqual([[id, 'active']]);
      expect(await stack.findings()).toEqual([]);
    }));

  test('in the middle of a push goes on with it, and nobody else has pushed meanwhile', () =>
    onStack({ replicas: 2 }, async (stack) => {
      const pushing = stack.checkpoints.stopAt('push arrives');
      const { id } = await stack.client.change('/projects', stack.newProject());
      const held = await within('a push', 150, pushing);
      const zombie = stack.replica(held.replica);
      zombie.signal('SIGSTOP');
      held.goOn();
      await until('its silence to be noticed', async () => {
        const alive = stack.replicas.find((replica) => replica !== zombie);
        return (await alive?.log())?.includes('gave back jobs') ? true : undefined;
      });
      zombie.signal('SIGCONT');
      await stack.settled();
      await hasComeBack(stack, zombie.name);
      expect((await stack.reader.projects()).map((p) => [p.id, p.status])).toEqual([[id, 'active']]);
      expect(await stack.reader.commits()).toHaveLength(1);
      expect(await stack.findings()).toEqual([]);
    }));
});

describe.concurrent('a replica that is frozen in the middle of a push for good', () => {
  test('loses its lock to the other, and neither its push nor its awakening changes anything', () =>
    onStack({ replicas: 2, settings: { GIT_TIMEOUT_SECONDS: '3' } }, async (stack) => {
      const pushing = stack.checkpoints.stopAt('push arrives');
      const { id } = await stack.client.change('/projects', stack.newProject());
      const held = await within('a push', 150, pushing);
      const zombie = stack.replica(held.replica);
      zombie.signal('SIGSTOP');
      await stack.settled();
      held.goOn();
      await until('the late push to be refused', () => stack.checkpoints.times('push rejected') > 0 || undefined);
      zombie.signal('SIGCONT');
      await hasComeBack(stack, zombie.name);
      expect((await stack.reader.projects()).map((p) => [p.id, p.status])).toEqual([[id, 'active']]);
      expect(await stack.reader.commits()).toHaveLength(1);
      expect(await stack.findings()).toEqual([]);
    }));
});

describe.concurrent('a replica that is frozen while it pushes the removal of an entry that nobody wanted', () => {
  test('does not take it away any more from a project that was given it since', () =>
    onStack({ replicas: 2, settings: { GIT_TIMEOUT_SECONDS: '3' } }, async (stack) => {
      const input = stack.newProject();
      const namespace = `${input.team_id}-${input.name}`;
      stack.remote.commitAsRival('values.yaml', `namespaces:\n${entryOf(namespace, input)}`);
      const admin = createClient({ urls: () => [stack.replica('A').url()], ...stack.people.admin });
      await admin.signIn();
      const pushing = stack.checkpoints.stopAt('push arrives');
      const asked = await admin.call('POST', '/admin/drift/mend', {
        kind: 'entry_without_project',
        namespace_name: namespace,
      });
      expect(asked).toMatchObject({ status: 200 });
      const held = await within('the push of the mend', 150, pushing);
      const zombie = stack.replica(held.replica);
      zombie.signal('SIGSTOP');
      const urls = () => stack.replicas.filter((replica) => replica !== zombie).map((replica) => replica.url());
      const { id } = await createClient({ urls, ...stack.people.lead }).change('/projects', input);
      await stack.settled();
      expect(await stack.reader.statuses()).toEqual({ [input.name]: 'active' });
      held.goOn();
      await until('the late push to be refused', () => stack.checkpoints.times('push rejected') > 0 || undefined);
      zombie.signal('SIGCONT');
      await hasComeBack(stack, zombie.name);
      expect(await stack.reader.readFile()).toContain(namespace);
      expect(await stack.client.get(id)).toMatchObject({ status: 'active' });
      expect(await stack.findings()).toEqual([]);
    }));
});

describe.concurrent('a replica that is told to end', () => {
  test.for(['push arrives', 'sync arrives', 'status arrives', 'recording provision committed'])(
    'at: %s, ends in time and with all that it began; the next goes on at once',
    (point) =>
      onStack({}, async (stack) => {
        const [replica] = stack.replicas;
        if (!replica) throw new Error('there is no replica');
        const stopping = stack.checkpoints.stopAt(point);
        const { id } = await stack.client.change('/projects', stack.newProject());
        const held = await within(`something to pass: ${point}`, 150, stopping);
        const ending = replica.terminate();
        await until('it to take notice', async () => ((await replica.log()).includes('"stopping"') ? true : undefined));
        held.goOn();
        const lastWords = await within('the end', GRACE_SECONDS, ending);
        expect(lastWords).toContain('"msg":"stopped"');
        await replica.start();
        // A job that was not given back would be held for as long as a dead replica's.
        await stack.settled(GRACE_SECONDS - 5);
        expect((await stack.reader.projects()).map((p) => [p.id, p.status])).toEqual([[id, 'active']]);
        expect(await stack.findings()).toEqual([]);
      }),
  );
});
