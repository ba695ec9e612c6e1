import { expect } from 'vitest';
import { z } from 'zod';
import type { CrashStack } from '../support/crash-stack.ts';
import { within } from '../support/until.ts';

/** Where the process dies, and what becomes of what is on its way there at that moment. */
export type Boundary = { at: string; after?: string; fate: 'goes on' | 'is cut' };

/** One way of a project through the world, at each of whose boundaries the process is killed. */
export type Walk = {
  name: string;
  /** What has to be there before, and how the world is to behave; answers how the walk is begun. */
  prepare(stack: CrashStack): Promise<() => Promise<{ id: string }>>;
  boundaries: Boundary[];
  /** What the project is in the end, whatever died on the way. */
  ends: { status: string; sla?: string };
  /** The commits that the walk makes, no more and no less. */
  commits: RegExp[];
};

/** The answer comes to nobody. */
const goesOn = (at: string, after?: string): Boundary => ({ at, fate: 'goes on', ...(after && { after }) });
/** It never comes to be. */
const isCut = (at: string, after?: string): Boundary => ({ at, fate: 'is cut', ...(after && { after }) });

/** A transaction dies before it commits, or commits without anybody hearing of it. */
const transactions = (kind: string, ...steps: string[]): Boundary[] =>
  steps.flatMap((step) => [isCut(`recording ${kind} ${step}`), goesOn(`recorded ${kind} ${step}`)]);

/** From the request to its fulfilment. */
const FORWARD = ['requested', 'committed', 'syncing asked', 'succeeded'];
/** From the failure back to how it was. */
const BACK = ['undoing', 'undone', 'undone asked', 'failed'];

/** Where a request to the outside is lost, or arrives and nobody hears of it. */
const OUTSIDE: Boundary[] = [
  goesOn('fetch arrives'),
  isCut('push arrives'),
  goesOn('push arrives'),
  goesOn('push applied'),
  isCut('sync arrives'),
  goesOn('sync arrives'),
  goesOn('sync answered'),
  goesOn('status answered', 'recorded provision syncing asked'),
];

const namespaceOf = (input: ReturnType<CrashStack['newProject']>): string => `${input.team_id}-${input.name}`;

/** Brings a new project to its end, and answers its id; with `degraded` that end is a failure. */
async function settledProject(stack: CrashStack, { degraded = false } = {}): Promise<string> {
  const input = stack.newProject();
  if (degraded) stack.argocd.behave({ degraded: [namespaceOf(input)] });
  const { id } = await stack.client.change('/projects', input);
  await stack.settled();
  stack.argocd.behave({ degraded: [] });
  return id;
}

const GOLD = { sla_type: 'gold', performance_tier: 'regular' };

export const WALKS: Walk[] = [
  {
    name: 'provisioning',
    prepare: async (stack) => () => stack.client.change('/projects', stack.newProject()),
    boundaries: [...transactions('provision', ...FORWARD), ...OUTSIDE],
    ends: { status: 'active', sla: 'bronze' },
    commits: [/^Provision p-/],
  },
  {
    name: 'rolling back',
    async prepare(stack) {
      const input = stack.newProject();
      stack.argocd.behave({ degraded: [namespaceOf(input)] });
      return () => stack.client.change('/projects', input);
    },
    boundaries: [...transactions('provision', ...BACK), goesOn('push arrives', 'recorded provision undoing')],
    ends: { status: 'failed' },
    commits: [/^Provision p-/, /^Remove p-/],
  },
  {
    name: 'a retry',
    async prepare(stack) {
      const id = await settledProject(stack, { degraded: true });
      return () => stack.client.change(`/projects/${id}/retry`);
    },
    boundaries: transactions('provision', 'requested'),
    ends: { status: 'active', sla: 'bronze' },
    commits: [/^Provision p-/],
  },
  {
    name: 'a resize',
    async prepare(stack) {
      const id = await settledProject(stack);
      return () => stack.client.change(`/projects/${id}/resize`, GOLD);
    },
    boundaries: transactions('resize', ...FORWARD),
    ends: { status: 'active', sla: 'gold' },
    commits: [/^Resize p-/],
  },
  {
    name: 'a resize that fails',
    async prepare(stack) {
      const id = await settledProject(stack);
      const { namespace_name } = await stack.client.get(id);
      stack.argocd.behave({ sync_failed: { [namespace_name]: 'denied by policy' } });
      stack.checkpoints.whenPassed('recorded resize undoing', () => stack.argocd.behave({ sync_failed: {} }));
      return () => stack.client.change(`/projects/${id}/resize`, GOLD);
    },
    boundaries: transactions('resize', ...BACK),
    ends: { status: 'active', sla: 'bronze' },
    commits: [/^Resize p-/, /^Restore p-/],
  },
  {
    name: 'a decommission',
    async prepare(stack) {
      const id = await settledProject(stack);
      return () => stack.client.change(`/projects/${id}/decommission`);
    },
    boundaries: transactions('decommission', ...FORWARD),
    ends: { status: 'decommissioned' },
    commits: [/^Decommission p-/],
  },
];

/** The whole of a scenario: the process dies at the boundary, somebody carries on, and everything ends as it should. */
export async function dieAt(
  stack: CrashStack,
  walk: Walk,
  { at, after, fate }: Boundary,
  carryOn: 'restarted' | 'replaced',
): Promise<void> {
  const begin = await walk.prepare(stack);
  const before = await stack.reader.commits();
  const stop = stack.checkpoints.stopAt(at, after);
  const begun = begin();
  // What was refused never passes, and its reason is the failure's.
  const passed = Promise.race([stop, begun.then(() => stop)]);
  const held = await within(`something to pass: ${at}`, 150, passed);
  const victim = stack.replica(held.replica);
  await victim.kill();
  if (fate === 'goes on') held.goOn();
  else held.cut();
  if (carryOn === 'restarted') await victim.start();
  const { id } = await begun;
  await stack.settled();
  const subject = (await stack.reader.projects()).find((project) => project.id === id);
  const { sla } = z.object({ sla: z.string() }).parse(subject?.entry);
  expect({ status: subject?.status, sla }).toMatchObject(walk.ends);
  const commits = (await stack.reader.commits()).slice(before.length);
  expect(commits).toEqual(walk.commits.map((subject) => expect.stringMatching(subject)));
  expect(await stack.findings()).toEqual([]);
}
