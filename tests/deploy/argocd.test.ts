import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { everythingValues } from '../factories/chart-values.ts';
import { helm, render } from '../support/helm.ts';
import { kubernetesObject, problemsOf } from '../support/kubernetes.ts';

const read = (name: string) =>
  z
    .array(kubernetesObject)
    .parse(parseAllDocuments(readFileSync(`deploy/argocd/${name}.yaml`, 'utf8')).map((document) => document.toJS()));

const kinds = z.array(z.object({ group: z.string(), kind: z.string() }));
const destination = z.object({ server: z.string(), namespace: z.string() });
const project = z.looseObject({
  metadata: z.object({ name: z.string(), namespace: z.literal('argocd') }),
  spec: z.looseObject({
    sourceRepos: z.array(z.string()),
    destinations: z.array(destination),
    clusterResourceWhitelist: kinds,
    namespaceResourceWhitelist: kinds,
  }),
});
const application = z.looseObject({
  metadata: z.object({ name: z.string(), namespace: z.literal('argocd') }),
  spec: z.looseObject({
    project: z.string(),
    sources: z.array(z.looseObject({ repoURL: z.string(), path: z.string().optional() })),
    destination,
    syncPolicy: z.looseObject({ automated: z.object({ prune: z.boolean(), selfHeal: z.boolean() }) }),
  }),
});
const pairIn = (name: string) => {
  const [first, second] = read(name);
  return { project: project.parse(first), application: application.parse(second) };
};

test.each(['infrahub', 'tenants', 'account'])('%s.yaml has only what Argo CD and Kubernetes know', (name) => {
  expect(read(name).flatMap(problemsOf)).toEqual([]);
});

test.each(['infrahub', 'tenants'])('the application %s is allowed what it does by its project', (name) => {
  const { project: allowed, application: asked } = pairIn(name);
  expect(asked.spec.project).toBe(allowed.metadata.name);
  expect(asked.spec.sources.map(({ repoURL }) => repoURL)).toEqual(allowed.spec.sourceRepos);
  const fits = (pattern: string) => pattern === '*' || pattern.replace(/^!/, '') === asked.spec.destination.namespace;
  const matching = allowed.spec.destinations.map(({ namespace }) => namespace).filter(fits);
  expect(matching).not.toEqual([]);
  expect(matching.filter((pattern) => pattern.startsWith('!'))).toEqual([]);
});

test.skipIf(helm.missing).each([
  ['infrahub', everythingValues, []],
  [
    'tenants',
    { namespaces: { x: { team_id: 't', project: 'p', site: 's', sla: 'gold', tier: 'regular', cpu: 1, ram_gb: 1 } } },
    ['Namespace'],
  ],
])(
  'the project %s allows every kind that the chart makes, and of the cluster’s kinds only namespaces',
  async (name, values, ofCluster) => {
    const { project: allowed, application: asked } = pairIn(name);
    const objects = await render(asked.spec.sources[0]?.path ?? '', values);
    const made = objects
      .filter(({ kind }) => !ofCluster.some((one) => one === kind))
      .map(({ apiVersion, kind }) => `${apiVersion.includes('/') ? apiVersion.split('/')[0] : ''}/${kind}`);
    const inNamespaces = allowed.spec.namespaceResourceWhitelist.map(({ group, kind }) => `${group}/${kind}`);
    expect(inNamespaces).toEqual(expect.arrayContaining(made));
    expect(inNamespaces.filter((one) => !made.includes(one) && one !== 'monitoring.coreos.com/PrometheusRule')).toEqual(
      [],
    );
    expect(allowed.spec.clusterResourceWhitelist).toEqual([{ group: '', kind: 'Namespace' }]);
  },
);

test.each(['kube-*', 'default', 'argocd', 'infrahub-system'])(
  'the tenants’ project keeps entries out of %s',
  (name) => {
    const denied = pairIn('tenants').project.spec.destinations.map(({ namespace }) => namespace);
    expect(denied).toContain(`!${name}`);
  },
);

test('Argo CD prunes InfraHub’s own objects by itself, and tenants only when InfraHub asks', () => {
  expect(pairIn('infrahub').application.spec.syncPolicy.automated).toEqual({ prune: true, selfHeal: true });
  expect(pairIn('tenants').application.spec.syncPolicy.automated).toEqual({ prune: false, selfHeal: true });
});

test('InfraHub’s account may look at the tenants’ applications and sync them, and nothing else', () => {
  const [accounts, policies] = read('account').map(({ data }) => z.record(z.string(), z.string()).parse(data));
  expect(accounts).toEqual({ 'accounts.infrahub': 'apiKey' });
  expect(policies?.['policy.infrahub.csv']?.trim().split('\n')).toEqual([
    'p, role:infrahub, applications, get, tenants/*, allow',
    'p, role:infrahub, applications, sync, tenants/*, allow',
    'g, infrahub, role:infrahub',
  ]);
});
