import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { everythingValues, highlyAvailableValues, minimalValues } from '../factories/chart-values.ts';
import { helm, render } from '../support/helm.ts';
import { labels, one, podOf } from '../support/rendered.ts';

const CHART = 'helm/infrahub';

const port = z.looseObject({ port: z.union([z.number(), z.string()]) });
const policyRule = z.looseObject({ to: z.array(z.unknown()).optional(), ports: z.array(port) });

describe.skipIf(helm.missing)(`the chart of InfraHub ${helm.missing ?? ''}`, () => {
  test('the Ingress has TLS, and leads to the portal’s port alone', async () => {
    const { spec } = one(await render(CHART, everythingValues), 'Ingress');
    expect(spec).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: ['infrahub.example.org'], secretName: 'infrahub-tls' }],
    });
    expect(JSON.stringify(spec).match(/"backend":.*?}}/g)).toEqual([
      '"backend":{"service":{"name":"infrahub","port":{"name":"http"}}',
    ]);
  });

  test('nothing but the named systems can be reached, and the migration reaches only PostgreSQL', async () => {
    const objects = await render(CHART, everythingValues);
    const egressOf = (name: string) =>
      z
        .looseObject({ spec: z.looseObject({ policyTypes: z.array(z.string()), egress: z.array(policyRule) }) })
        .parse(one(objects, 'NetworkPolicy', name)).spec;
    const reached = (name: string) =>
      egressOf(name).egress.map(({ to = [], ports }) => {
        const addresses = to.map(
          (peer) =>
            z.looseObject({ ipBlock: z.object({ cidr: z.string() }) }).safeParse(peer).data?.ipBlock.cidr ?? 'dns',
        );
        return `${addresses} ${ports.map((at) => at.port)}`;
      });
    expect(egressOf('infrahub').policyTypes).toEqual(['Ingress', 'Egress']);
    expect(reached('infrahub').sort()).toEqual([
      '10.0.4.10/32 5432',
      '10.0.4.11/32 636',
      '10.0.4.12/32 443',
      '10.0.4.13/32 443',
      '10.0.4.14/32 443',
      '10.0.4.15/32 4318',
      'dns 53,53',
    ]);
    expect(reached('infrahub-migration').sort()).toEqual(['10.0.4.10/32 5432', 'dns 53,53']);
    expect(egressOf('infrahub').ingress).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } }],
        ports: [{ port: 'http' }],
      },
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ port: 'metrics' }],
      },
    ]);
    expect(egressOf('infrahub-migration').ingress).toBeUndefined();
  });

  test('what runs before an installation relies on no object that comes after it', async () => {
    const objects = await render(CHART, everythingValues);
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook']);
    expect(hooks.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      'Job infrahub-migration',
      'NetworkPolicy infrahub-migration',
      'ServiceAccount infrahub-migration',
    ]);
    const order = hooks.map(({ kind, metadata }) => [kind, Number(metadata.annotations?.['helm.sh/hook-weight'])]);
    expect(Object.fromEntries(order)).toEqual({ ServiceAccount: -1, NetworkPolicy: -1, Job: 0 });
    expect(JSON.stringify(one(objects, 'Job', 'infrahub-migration'))).not.toContain('configMapRef');
  });

  test('replicas and migration each have an account of their own, without a right and without a token', async () => {
    const objects = await render(CHART, everythingValues);
    const accountOf = (kind: string, name: string) => podOf(one(objects, kind, name)).spec.serviceAccountName;
    expect(accountOf('Deployment', 'infrahub')).toBe('infrahub');
    expect(accountOf('Job', 'infrahub-migration')).toBe('infrahub-migration');
    for (const account of ['infrahub', 'infrahub-migration']) {
      expect(one(objects, 'ServiceAccount', account)).toMatchObject({ automountServiceAccountToken: false });
    }
    expect(objects.map(({ kind }) => kind).filter((kind) => /Role|Binding/.test(kind))).toEqual([]);
  });

  test('the autoscaler, where it is on, is alone in saying how many replicas there are', async () => {
    const objects = await render(CHART, highlyAvailableValues);
    expect(one(objects, 'HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'infrahub' },
      minReplicas: 3,
      maxReplicas: 8,
      metrics: [{ resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 280 } } }],
    });
    expect(one(objects, 'Deployment').spec).not.toHaveProperty('replicas');
    expect((await render(CHART, minimalValues)).map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler');
  });

  test('new settings make new replicas', async () => {
    const before = podOf(one(await render(CHART, minimalValues), 'Deployment'));
    const config = { ...minimalValues.config, LOG_LEVEL: 'debug' };
    const after = podOf(one(await render(CHART, { ...minimalValues, config }), 'Deployment'));
    expect(after.metadata.annotations).not.toEqual(before.metadata.annotations);
  });

  test('an own CA is trusted by Node and git alike, instead of all others', async () => {
    const { spec } = podOf(one(await render(CHART, everythingValues), 'Deployment'));
    expect(spec.volumes).toContainEqual({
      name: 'certificates',
      configMap: { name: 'organisation-ca', items: [{ key: 'ca.crt', path: 'ca-certificates.crt' }] },
    });
    expect(spec.containers[0].volumeMounts).toContainEqual({
      name: 'certificates',
      mountPath: '/etc/ssl/certs',
      readOnly: true,
    });
    expect(readFileSync('Dockerfile', 'utf8')).toContain('ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\n');
  });

  test('Prometheus finds every replica, the alerts and the dashboard', async () => {
    const objects = await render(CHART, everythingValues);
    const monitor = z
      .looseObject({
        spec: z.object({
          selector: z.object({ matchLabels: labels }),
          endpoints: z.array(z.looseObject({ port: z.string() })),
        }),
      })
      .parse(one(objects, 'ServiceMonitor')).spec;
    expect(Object.entries(one(objects, 'Service').metadata.labels ?? {})).toEqual(
      expect.arrayContaining(Object.entries(monitor.selector.matchLabels)),
    );
    expect(monitor.endpoints).toMatchObject([{ port: 'metrics', path: '/metrics', interval: '15s' }]);
    const files = existsSync(`${CHART}/files/alerts.yaml`)
      ? readFileSync(`${CHART}/files/alerts.yaml`, 'utf8')
      : undefined;
    const rules = objects.filter(({ kind }) => kind === 'PrometheusRule').map(({ spec }) => spec);
    expect(rules).toEqual(files === undefined ? [] : [parse(files, { version: '1.1' })]);
    const dashboard = existsSync(`${CHART}/files/dashboard.json`)
      ? readFileSync(`${CHART}/files/dashboard.json`, 'utf8')
      : undefined;
    const shown = objects
      .filter(({ metadata }) => metadata.name === 'infrahub-dashboard')
      .map(({ data }) => labels.parse(data)['infrahub.json']);
    expect(shown.map((text) => JSON.parse(text ?? ''))).toEqual(dashboard === undefined ? [] : [JSON.parse(dashboard)]);
  });
});
