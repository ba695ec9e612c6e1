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

/** Everything that can be true when the process dies on the way from the request to its fulfilment. */
const forward = (kind: string): Boundary[] => [
  isCut(`recording ${kind} requested`),
  goesOn(`recorded ${kind} requested`),
  goesOn('push arrives', `recorded ${kind} requested`),
  isCut(`recording ${kind} committed`),
  goesOn(`recorded ${kind} committed`),
  isCut(`recording ${kind} syncing asked`),
  goesOn(`recorded ${kind} syncing asked`),
  isCut(`recording ${kind} succeeded`),
  goesOn(`recorded ${kind} succeeded`),
];

/** And on the way from its failure back to how it was. */
const back = (kind: string): Boundary[] => [
  isCut(`recording ${kind} undoing`),
  goesOn(`recorded ${kind} undoing`),
  goesOn('push arrives', `recorded ${kind} undoing`),
  isCut(`recording ${kind} undone`),
  goesOn(`recorded ${kind} undone`),
  isCut(`recording ${kind} undone asked`),
  goesOn(`recorded ${kind} undone asked`),
  isCut(`recording ${kind} failed`),
  goesOn(`recorded ${kind} failed`),
];

/** Where a request to the outside is lost, or arrives and nobody hears of it. */
const OUTSIDE: Boundary[] = [
  goesOn('fetch arrives'),
  isCut('push arrives'),
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
    boundaries: [...forward('provision'), ...OUTSIDE],
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
    boundaries: back('provision'),
    ends: { status: 'failed' },
    commits: [/^Provision p-/, /^Remove p-/],
  },
  {
    name: 'a retry',
    async prepare(stack) {
      const id = await settledProject(stack, { degraded: true });
      return () => stack.client.change(`/projects/${id}/retry`);
    },
    boundaries: forward('provision'),
    ends: { status: 'active', sla: 'bronze' },
    commits: [/^Provision p-/],
  },
  {
    name: 'a resize',
    async prepare(stack) {
      const id = await settledProject(stack);
      return () => stack.client.change(`/projects/${id}/resize`, GOLD);
    },
    boundaries: forward('resize'),
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
    boundaries: back('resize'),
    ends: { status: 'active', sla: 'bronze' },
    commits: [/^Resize p-/, /^Restore p-/],
  },
  {
    name: 'a decommission',
    async prepare(stack) {
      const id = await settledProject(stack);
      return () => stack.client.change(`/projects/${id}/decommission`);
    },
    boundaries: forward('decommission'),
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
  begun.catch(() => undefined);
  const held = await within(`something to pass: ${at}`, 60, stop);
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
