import { expect, test } from 'vitest';
import type { ArgoApplication, ArgoOperation, ArgoResource } from '../../server/adapters/argocd/argocd.port.ts';
import { judge, judgeProvision, judgeRemoval, judgeResize } from '../../server/provisioning/verdict.rules.ts';

const NS = 'team-api';
const namespace: ArgoResource = { kind: 'Namespace', name: NS, status: 'Synced', health: { status: 'Healthy' } };
const quota: ArgoResource = { kind: 'ResourceQuota', namespace: NS, name: 'quota', status: 'Synced' };
const succeeded: ArgoOperation = { phase: 'Succeeded', finishedAt: 'then', revision: 'new', resources: [] };

const look = (over: Partial<ArgoApplication> = {}) => ({
  application: {
    sync: { status: 'Synced', revision: 'new' },
    health: { status: 'Healthy' },
    operation: succeeded,
    resources: [namespace, quota],
    conditions: [],
    ...over,
  },
  contains: (revision: string | undefined) => revision === 'new' || revision === 'newer',
});
const at = (revision: string) => ({ sync: { status: 'Synced', revision } });
const provision = (over: Partial<ArgoApplication> = {}) => judgeProvision(look(over), NS);

test('synced and healthy at the commit is healthy', () => {
  expect(provision()).toEqual({ kind: 'done' });
});

test('so it is at a later revision that contains the commit', () => {
  expect(provision({ ...at('newer'), operation: { ...succeeded, revision: 'newer' } })).toEqual({ kind: 'done' });
});

test('synced and healthy at an old or unknown revision counts for nothing, and a sync is asked for again', () => {
  const old = { ...at('old'), operation: { ...succeeded, revision: 'old' } };
  expect(provision(old)).toMatchObject({ kind: 'wait', askAgain: true });
  expect(provision({ sync: { status: 'Synced', revision: undefined } })).toMatchObject({ kind: 'wait' });
});

test.each([
  ['Running', { phase: 'Running' }],
  ['Terminating', { phase: 'Terminating' }],
  ['Running and finished, which waits for a retry', { phase: 'Running', finishedAt: 'then' }],
])('an operation that is %s is not done', (_, operation) => {
  expect(provision({ operation: { ...succeeded, ...operation } })).toMatchObject({ kind: 'wait', askAgain: false });
});

test('a running operation of an older revision does not hold up what is well', () => {
  expect(provision({ operation: { phase: 'Running', revision: 'old', resources: [] } })).toEqual({ kind: 'done' });
});

test('what auto-sync did counts although no operation is known', () => {
  expect(provision({ operation: undefined })).toEqual({ kind: 'done' });
});

test('an application that is healthy without the namespace is not', () => {
  expect(provision({ resources: [] })).toMatchObject({ kind: 'wait', reason: 'Argo CD reports no Namespace for it' });
});

test('a namespace without its ResourceQuota is not healthy', () => {
  expect(provision({ resources: [namespace] })).toMatchObject({
    kind: 'wait',
    reason: 'Argo CD reports no ResourceQuota for it',
  });
});

test('a namespace that Argo CD lists as missing or out of sync is waited for', () => {
  const missing = { ...namespace, status: 'OutOfSync', health: { status: 'Missing' } };
  expect(provision({ resources: [missing, quota] })).toMatchObject({ kind: 'wait' });
  expect(provision({ resources: [namespace, { ...quota, status: 'OutOfSync' }] })).toMatchObject({
    reason: 'Argo CD reports ResourceQuota as OutOfSync',
  });
});

test('a degraded resource of the namespace fails it with Argo CD’s words', () => {
  const degraded = { ...namespace, health: { status: 'Degraded', message: 'quota webhook down' } };
  expect(provision({ resources: [degraded, quota] })).toEqual({
    kind: 'failed',
    message: 'Namespace team-api is degraded: quota webhook down',
  });
});

test('degraded at an old revision fails nothing', () => {
  const degraded = { ...namespace, health: { status: 'Degraded' } };
  expect(provision({ ...at('old'), resources: [degraded] })).toMatchObject({ kind: 'wait' });
});

test('a neighbour’s degraded resource fails nobody else', () => {
  const neighbour = {
    kind: 'Deployment',
    namespace: 'other',
    name: 'web',
    status: 'OutOfSync',
    health: { status: 'Degraded' },
  };
  expect(provision({ health: { status: 'Degraded' }, resources: [namespace, quota, neighbour] })).toEqual({
    kind: 'done',
  });
});

const syncFailed = (ns: string, revision = 'new'): ArgoOperation => ({
  phase: 'Failed',
  finishedAt: 'then',
  revision,
  message: 'one or more objects failed to apply',
  resources: [
    { kind: 'ResourceQuota', namespace: ns, name: 'quota', status: 'SyncFailed', message: 'denied by policy' },
  ],
});

test('a resource of the namespace that could not be applied fails it at once', () => {
  expect(provision({ operation: syncFailed(NS), resources: [] })).toEqual({
    kind: 'failed',
    message: 'Argo CD could not apply ResourceQuota quota: denied by policy',
  });
});

test('a neighbour’s that could not be applied is waited out, and a sync is asked for again', () => {
  expect(provision({ operation: syncFailed('other'), resources: [] })).toMatchObject({ kind: 'wait', askAgain: true });
  expect(provision({ operation: syncFailed('other') })).toEqual({ kind: 'done' });
});

test('a failure at an older revision is not this commit’s', () => {
  expect(provision({ ...at('old'), operation: syncFailed(NS, 'old'), resources: [] })).toMatchObject({ kind: 'wait' });
});

test('a sync that failed as a whole fails its projects with its message', () => {
  const operation = { ...succeeded, phase: 'Error', message: 'template: bad value' };
  expect(provision({ operation, resources: [] })).toEqual({
    kind: 'failed',
    message: 'Argo CD’s sync failed: template: bad value',
  });
});

const removal = (over: Partial<ArgoApplication> = {}) => judgeRemoval(look({ resources: [], ...over }), NS);

test('a namespace is gone when nothing of it is left at the removal', () => {
  expect(removal()).toEqual({ kind: 'done' });
  expect(removal({ operation: undefined })).toEqual({ kind: 'done' });
});

test('neighbours do not keep it', () => {
  expect(removal({ resources: [{ ...namespace, name: 'other' }] })).toEqual({ kind: 'done' });
});

test('absent at a revision before the removal is not gone', () => {
  expect(removal(at('old'))).toMatchObject({ kind: 'wait', askAgain: true });
});

test('while an operation runs, also an old one, it may still come to life', () => {
  expect(removal({ operation: { phase: 'Running', revision: 'old', resources: [] } })).toMatchObject({ kind: 'wait' });
});

test('what was not pruned is still there, and a sync is asked for again', () => {
  const left = { ...namespace, status: 'OutOfSync', requiresPruning: true };
  expect(removal({ resources: [left] })).toEqual({
    kind: 'wait',
    reason: 'Argo CD still reports Namespace team-api',
    askAgain: true,
  });
  expect(removal({ resources: [quota] })).toMatchObject({ kind: 'wait' });
});

const resize = (over: Partial<ArgoApplication> = {}) => judgeResize(look(over), NS);

test('a resize is done when the namespace is in sync at its commit, however well it is', () => {
  expect(resize()).toEqual({ kind: 'done' });
  const degraded = { ...namespace, health: { status: 'Degraded' } };
  expect(resize({ resources: [degraded, quota] })).toEqual({ kind: 'done' });
});

test('so it is although a sync failed, if nothing was left to do', () => {
  expect(resize({ operation: syncFailed(NS) })).toEqual({ kind: 'done' });
});

test('in sync at an old revision is no size', () => {
  expect(resize(at('old'))).toMatchObject({ kind: 'wait', askAgain: true });
});

test('a namespace without its ResourceQuota has no size', () => {
  expect(resize({ resources: [namespace] })).toMatchObject({ kind: 'wait' });
});

test('a ResourceQuota that is out of sync is waited for, and a sync is asked for again', () => {
  expect(resize({ resources: [namespace, { ...quota, status: 'OutOfSync' }] })).toEqual({
    kind: 'wait',
    reason: 'Argo CD reports ResourceQuota as OutOfSync',
    askAgain: true,
  });
});

test('while an operation runs, also an old one, an older size may still come back', () => {
  expect(resize({ operation: { phase: 'Running', revision: 'old', resources: [] } })).toMatchObject({ kind: 'wait' });
});

const OLD_SIZE = [namespace, { ...quota, status: 'OutOfSync' }];

test('a resize that could not be applied fails with Argo CD’s words, and no neighbour fails it', () => {
  expect(resize({ operation: syncFailed(NS), resources: OLD_SIZE })).toEqual({
    kind: 'failed',
    message: 'Argo CD could not apply ResourceQuota quota: denied by policy',
  });
  expect(resize({ operation: syncFailed('other'), resources: OLD_SIZE })).toMatchObject({ kind: 'wait' });
  const error = { ...succeeded, phase: 'Error', message: 'template: bad value' };
  expect(resize({ operation: error, resources: OLD_SIZE })).toMatchObject({ kind: 'failed' });
});

const SMALL = { sla: 'bronze', tier: 'regular', cpu: 2, ram_gb: 4 } as const;

test.each([
  ['a provision asks for health', { kind: 'provision', before: null, after: SMALL, state: 'syncing' }, 'failed'],
  ['a resize does not', { kind: 'resize', before: SMALL, after: SMALL, state: 'syncing' }, 'done'],
  ['a decommission asks for absence', { kind: 'decommission', before: SMALL, after: null, state: 'syncing' }, 'wait'],
  ['so does a provision that is undone', { kind: 'provision', before: null, after: SMALL, state: 'undone' }, 'wait'],
] as const)('%s', (_, operation, kind) => {
  const degraded = { ...namespace, health: { status: 'Degraded' } };
  expect(judge(look({ resources: [degraded, quota] }), { ...operation, namespace: NS })).toMatchObject({ kind });
});

test('what brings back never fails: it is asked for again', () => {
  const back = { kind: 'resize', before: SMALL, after: SMALL, state: 'undone', namespace: NS } as const;
  expect(judge(look({ operation: syncFailed(NS), resources: OLD_SIZE }), back)).toMatchObject({
    kind: 'wait',
    reason: 'Argo CD could not apply ResourceQuota quota: denied by policy',
    askAgain: true,
  });
});
