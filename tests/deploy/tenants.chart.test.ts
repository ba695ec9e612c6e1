import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { argoCdBehaviour } from '../../server/demo/argocd-behaviour.ts';
import { listResources } from '../../server/demo/argocd-resources.ts';
import { editValuesFile, type NamespaceEntry } from '../../server/provisioning/values-file.rules.ts';
import { helm, lint, render } from '../support/helm.ts';
import { type KubernetesObject, problemsOf } from '../support/kubernetes.ts';

const CHART = 'helm/tenants';

const entry = (over: Partial<NamespaceEntry> = {}): NamespaceEntry => ({
  team_id: '6f1c2a34-0000-4000-8000-000000000001',
  project: 'payments',
  site: 'haifa',
  sla: 'gold',
  tier: 'regular',
  cpu: 8,
  ram_gb: 32,
  ...over,
});

const written = (entries: Record<string, NamespaceEntry>): string =>
  editValuesFile(undefined, { put: new Map(Object.entries(entries)), remove: new Set() });

const quotas = z.looseObject({ spec: z.object({ hard: z.record(z.string(), z.string()) }) });
const ofKind = (objects: KubernetesObject[], kind: string) => objects.filter((object) => object.kind === kind);
const specOf = (objects: KubernetesObject[], kind: string) => ofKind(objects, kind)[0]?.spec;

describe.skipIf(helm.missing)(`the chart of the tenants ${helm.missing ?? ''}`, () => {
  test.each([
    ['no values', {}],
    ['no entries yet', { namespaces: null }],
    ['one entry', { namespaces: { 't1-payments': entry() } }],
    ['keys of other people', { global: { registry: 'harbor' }, ours: [1], namespaces: { 't1-payments': entry() } }],
  ])('pleases `helm lint --strict` with %s', async (_, values) => {
    await expect(lint(CHART, values)).resolves.toContain('0 chart(s) failed');
  });

  test('makes of an entry exactly what InfraHub, and the demo’s Argo CD, look for', async () => {
    const objects = await render(CHART, written({ 't1-payments': entry() }));
    expect(objects.flatMap(problemsOf)).toEqual([]);
    const made = objects.map(
      ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.namespace ?? '-'}/${metadata.name}`,
    );
    const moment = { now: 0, settleMs: 0, behaviour: argoCdBehaviour.parse({}) };
    const expected = listResources({ 't1-payments': '' }, {}, moment);
    const looked = expected.map(({ version, kind, name, ...rest }) => {
      const { group, namespace } = z
        .object({ group: z.string().optional(), namespace: z.string().optional() })
        .parse(rest);
      return `${group ? `${group}/` : ''}${version} ${kind} ${namespace ?? '-'}/${name}`;
    });
    expect(made.sort()).toEqual(looked.sort());
  });

  test('labels the namespace for team, site, SLA and tier, and sends its pods to nodes of the tier', async () => {
    const [namespace] = ofKind(
      await render(CHART, written({ 't1-payments': entry({ tier: 'high_performance' }) })),
      'Namespace',
    );
    expect(namespace?.metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'infrahub',
      'infrahub.io/team': '6f1c2a34-0000-4000-8000-000000000001',
      'infrahub.io/site': 'haifa',
      'infrahub.io/sla': 'gold',
      'infrahub.io/tier': 'high_performance',
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/audit': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    });
    expect(namespace?.metadata.annotations).toEqual({
      'infrahub.io/project': 'payments',
      'scheduler.alpha.kubernetes.io/node-selector': 'infrahub.io/tier=high_performance',
    });
  });

  test('gives the quota of the entry, to the core and the GiB, whatever it is', async () => {
    const amount = fc.integer({ min: 1, max: 1_000_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(amount, amount), { minLength: 20, maxLength: 40 }), async (amounts) => {
        const entries = Object.fromEntries(amounts.map(([cpu, ram_gb], n) => [`t1-p${n}`, entry({ cpu, ram_gb })]));
        const found = ofKind(await render(CHART, written(entries)), 'ResourceQuota');
        const hard = Object.fromEntries(
          found.map((object) => [object.metadata.namespace, quotas.parse(object).spec.hard]),
        );
        for (const [name, { cpu, ram_gb }] of Object.entries(entries)) {
          expect(hard[name]).toEqual({
            'requests.cpu': String(cpu),
            'limits.cpu': String(cpu),
            'requests.memory': `${ram_gb}Gi`,
            'limits.memory': `${ram_gb}Gi`,
          });
        }
      }),
      { numRuns: 10 },
    );
  });

  test('lets a container that names nothing start in the smallest namespace', async () => {
    expect(
      specOf(
        await render(CHART, written({ 't1-payments': entry({ sla: 'bronze', cpu: 2, ram_gb: 4 }) })),
        'LimitRange',
      ),
    ).toEqual({
      limits: [
        {
          type: 'Container',
          defaultRequest: { cpu: '100m', memory: '128Mi' },
          default: { cpu: '500m', memory: '512Mi' },
        },
      ],
    });
  });

  test('lets nothing in or out, but inside the namespace and to DNS', async () => {
    const inside = { podSelector: {} };
    const dns = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    };
    expect(specOf(await render(CHART, written({ 't1-payments': entry() })), 'NetworkPolicy')).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [inside] }],
      egress: [
        { to: [inside] },
        {
          to: [dns],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    });
  });

  test('gives the key to the team’s LDAP group, and to nobody else', async () => {
    const [binding] = ofKind(await render(CHART, written({ 't1-payments': entry() })), 'RoleBinding');
    expect(binding).toMatchObject({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [
        {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'Group',
          name: 'infrahub-team-leads-6f1c2a34-0000-4000-8000-000000000001',
        },
      ],
    });
  });

  test('keeps apart, as they were written, names that YAML takes for something else', async () => {
    const names = [
      'on',
      'off',
      'yes',
      'no',
      'y',
      'n',
      'true',
      'null',
      '1e5',
      '007',
      '0x1f',
      '0b1',
      '12',
      '2026-01-01',
      '1-1',
    ];
    const entries = Object.fromEntries(
      names.map((name, n) => [name, entry({ team_id: name, project: name, site: name, cpu: n + 1 })]),
    );
    const objects = await render(CHART, written(entries));
    expect(objects.flatMap(problemsOf)).toEqual([]);
    const namespaces = ofKind(objects, 'Namespace');
    expect(namespaces.map(({ metadata }) => metadata.name).sort()).toEqual([...names].sort());
    for (const { metadata } of namespaces) {
      expect(metadata.labels?.['infrahub.io/site']).toBe(metadata.name);
      expect(metadata.annotations?.['infrahub.io/project']).toBe(metadata.name);
    }
    const cpu = ofKind(objects, 'ResourceQuota').map((object) => [
      object.metadata.namespace,
      quotas.parse(object).spec.hard['limits.cpu'],
    ]);
    expect(Object.fromEntries(cpu)).toEqual(Object.fromEntries(names.map((name, n) => [name, String(n + 1)])));
  });

  test.each([
    ['a namespace of the cluster', 'kube-system', {}],
    ['InfraHub’s own namespace', 'infrahub-system', {}],
    ['a namespace that is no label', 't1_payments', {}],
    ['a namespace of 64 characters', 'a'.repeat(64), {}],
    ['a team that writes YAML', 't1-x', { team_id: 'x"\n  evil: "true' }],
    ['a team that writes a template', 't1-x', { team_id: '{{ .Release.Name }}' }],
    ['a project with a newline', 't1-x', { project: 'a\nb' }],
    ['a site with a path', 't1-x', { site: '../../etc' }],
    ['an SLA that is not sold', 't1-x', { sla: 'platinum' }],
    ['a tier that does not exist', 't1-x', { tier: 'regular,infrahub.io/tier=high_performance' }],
    ['no cores', 't1-x', { cpu: 0 }],
    ['less than no memory', 't1-x', { ram_gb: -4 }],
    ['half a core', 't1-x', { cpu: 0.5 }],
    ['cores as text', 't1-x', { cpu: '8' }],
    ['cores beyond counting', 't1-x', { cpu: 1e19 }],
    ['a field that is none', 't1-x', { cpus: 8 }],
    ['a missing field', 't1-x', { ram_gb: undefined }],
  ])('%s fails the sync, which says where', async (_, name, over) => {
    const values = stringify({ namespaces: { [name]: { ...entry(), ...over } } }, { version: '1.1' });
    await expect(render(CHART, values)).rejects.toThrow(/at '\/namespaces|invalid propertyName/);
  });
});
