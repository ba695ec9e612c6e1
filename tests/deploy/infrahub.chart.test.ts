import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig, SECRET_SETTINGS, settings } from '../../server/platform/config.ts';
import { withSettings } from '../../tools/chart-settings.ts';
import { everythingValues, highlyAvailableValues, minimalValues, threeSitesValues } from '../factories/chart-values.ts';
import { helm, lint, render } from '../support/helm.ts';
import { type KubernetesObject, problemsOf } from '../support/kubernetes.ts';

const CHART = 'helm/infrahub';

const container = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
  securityContext: z.unknown(),
});
const template = z.looseObject({
  metadata: z.object({ labels: z.record(z.string(), z.string()), annotations: z.unknown().optional() }),
  spec: z.looseObject({
    terminationGracePeriodSeconds: z.number().optional(),
    securityContext: z.looseObject({}),
    volumes: z.array(z.looseObject({ name: z.string() })),
    containers: z.tuple([container]),
  }),
});
const labels = z.record(z.string(), z.string());
const probe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const port = z.looseObject({ port: z.union([z.number(), z.string()]) });
const policyRule = z.looseObject({ to: z.array(z.unknown()).optional(), ports: z.array(port) });

const one = (objects: KubernetesObject[], kind: string, name = 'infrahub'): KubernetesObject => {
  const [found, ...others] = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (!found || others.length > 0) throw new Error(`there must be one ${kind} ${name}`);
  return found;
};
const podOf = (object: KubernetesObject) =>
  z.looseObject({ spec: z.looseObject({ template }) }).parse(object).spec.template;

describe.skipIf(helm.missing)(`the chart of InfraHub ${helm.missing ?? ''}`, () => {
  describe.each([
    ['the least', minimalValues],
    ['high availability', highlyAvailableValues],
    ['three sites', threeSitesValues],
    ['everything on', everythingValues],
    [
      'no Ingress and no NetworkPolicy',
      { ...minimalValues, ingress: { enabled: false }, networkPolicy: { enabled: false } },
    ],
  ])('with %s', (_, values) => {
    test('pleases `helm lint --strict`', async () => {
      await expect(lint(CHART, values)).resolves.toContain('0 chart(s) failed');
    });

    test('makes only objects that Kubernetes knows, with no field that it does not, in the namespace of the release', async () => {
      const objects = await render(CHART, values);
      expect(objects.flatMap(problemsOf)).toEqual([]);
      expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['infrahub-system']));
      const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      expect(names).toEqual([...new Set(names)]);
    });

    test('makes settings that InfraHub starts with', async () => {
      const objects = await render(CHART, values);
      const { data } = z.looseObject({ data: labels }).parse(one(objects, 'ConfigMap'));
      const secrets = Object.keys(values.secrets).map((name) => [name, SAMPLE_SECRETS[name] ?? 'a secret']);
      expect(() => readConfig({ ...data, ...Object.fromEntries(secrets) })).not.toThrow();
      const inline = podOf(one(objects, 'Job', 'infrahub-migration')).spec.containers[0].env;
      const plain = inline.filter(({ name }) => name in data).map(({ name, value }) => [name, value]);
      expect(Object.fromEntries(plain)).toEqual(data);
    });

    test('gives every secret as a file, and puts none into an object', async () => {
      const objects = await render(CHART, values);
      expect(objects.map(({ kind }) => kind)).not.toContain('Secret');
      const { data } = z.looseObject({ data: labels }).parse(one(objects, 'ConfigMap'));
      expect(Object.keys(data).filter((name) => SECRETS.has(name.replace(/_FILE$/, '')))).toEqual([]);
      for (const owner of [one(objects, 'Deployment'), one(objects, 'Job', 'infrahub-migration')]) {
        const pod = podOf(owner).spec;
        const mounted = JSON.stringify(pod.volumes.find(({ name }) => name === 'secrets'));
        for (const [name, { key }] of Object.entries(values.secrets)) {
          expect(pod.containers[0].env).toContainEqual({ name: `${name}_FILE`, value: `/run/infrahub/${name}` });
          expect(mounted).toContain(JSON.stringify([{ key, path: name }]));
        }
      }
    });

    test('keeps to the restricted Pod Security Standard, on a root file system that nobody writes', async () => {
      const objects = await render(CHART, values);
      for (const owner of [one(objects, 'Deployment'), one(objects, 'Job', 'infrahub-migration')]) {
        const { spec } = podOf(owner);
        expect(spec).toMatchObject({
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        });
        for (const forbidden of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers', 'hostUsers']) {
          expect(spec).not.toHaveProperty(forbidden);
        }
        expect(spec.containers[0].securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        const kinds = spec.volumes.flatMap(({ name: _, ...volume }) => Object.keys(volume));
        expect(['emptyDir', 'projected', 'configMap']).toEqual(expect.arrayContaining(kinds));
        const mounts = spec.containers[0].volumeMounts;
        const writable = mounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath);
        expect(writable).toEqual(['/tmp']);
        expect(mounts.map(({ name }) => name).sort()).toEqual(spec.volumes.map(({ name }) => name).sort());
      }
    });

    test('selects the replicas, and never the migration', async () => {
      const objects = await render(CHART, values);
      const replica = Object.entries(podOf(one(objects, 'Deployment')).metadata.labels);
      const migration = Object.entries(podOf(one(objects, 'Job', 'infrahub-migration')).metadata.labels);
      const selectors = [
        z.looseObject({ spec: z.looseObject({ selector: labels }) }).parse(one(objects, 'Service')).spec.selector,
        ...['Deployment', 'PodDisruptionBudget'].map(
          (kind) =>
            z
              .looseObject({ spec: z.looseObject({ selector: z.object({ matchLabels: labels }) }) })
              .parse(one(objects, kind)).spec.selector.matchLabels,
        ),
      ];
      for (const selector of selectors) {
        expect(replica).toEqual(expect.arrayContaining(Object.entries(selector)));
        expect(migration).not.toEqual(expect.arrayContaining(Object.entries(selector)));
      }
    });

    test('agrees on ports, and its probes ask what InfraHub answers', async () => {
      const objects = await render(CHART, values);
      const { data } = z.looseObject({ data: labels }).parse(one(objects, 'ConfigMap'));
      const replica = podOf(one(objects, 'Deployment')).spec.containers[0];
      expect(replica.ports).toEqual([
        { name: 'http', containerPort: Number(data.PORT) },
        { name: 'metrics', containerPort: Number(data.METRICS_PORT) },
      ]);
      const product = readFileSync('server/platform/http.ts', 'utf8');
      for (const [kind, path] of [
        ['startupProbe', '/healthz'],
        ['livenessProbe', '/healthz'],
        ['readinessProbe', '/readyz'],
      ] as const) {
        expect(probe.parse(replica[kind]).httpGet).toEqual({ path, port: 'http' });
        expect(product).toContain(`app.get('${path}'`);
      }
      expect(JSON.stringify(one(objects, 'Service').spec)).toContain('"targetPort":"http"');
    });

    test('lets the new version migrate before it starts, and the old one serve until it is ready', async () => {
      const objects = await render(CHART, values);
      const job = one(objects, 'Job', 'infrahub-migration');
      expect(job.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
      const [migration] = podOf(job).spec.containers;
      const deployment = one(objects, 'Deployment');
      expect(migration.image).toBe(podOf(deployment).spec.containers[0].image);
      expect(migration.command).toEqual(['node', 'server/migrate.ts']);
      expect(existsSync('server/migrate.ts')).toBe(true);
      expect(deployment.spec).toMatchObject({
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      });
    });

    test('gives a replica the time that it takes to drain and to end', async () => {
      const objects = await render(CHART, values);
      const { data } = z.looseObject({ data: labels }).parse(one(objects, 'ConfigMap'));
      const ending = Number(/STOP_SECONDS = (\d+)/.exec(readFileSync('server/main.ts', 'utf8'))?.[1]);
      const grace = podOf(one(objects, 'Deployment')).spec.terminationGracePeriodSeconds;
      expect(grace).toBeGreaterThan(Number(data.DRAIN_SECONDS) + ending);
    });
  });

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
    expect(hooks.map(({ kind }) => kind).sort()).toEqual(['Job', 'NetworkPolicy']);
    expect(podOf(one(objects, 'Job', 'infrahub-migration')).spec).not.toHaveProperty('serviceAccountName');
    expect(JSON.stringify(one(objects, 'Job', 'infrahub-migration'))).not.toContain('configMapRef');
  });

  test('the autoscaler, where it is on, is alone in saying how many replicas there are', async () => {
    const objects = await render(CHART, highlyAvailableValues);
    expect(one(objects, 'HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'infrahub' },
      minReplicas: 3,
      maxReplicas: 8,
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

  test.each([
    ['a misspelt value', { replicass: 3 }, "additional properties 'replicass' not allowed"],
    [
      'a misspelt setting',
      { config: { ...minimalValues.config, LDAP_ULR: 'x' } },
      "additional properties 'LDAP_ULR' not allowed",
    ],
    [
      'a secret among the settings',
      { config: { ...minimalValues.config, GIT_TOKEN: 'x' } },
      "additional properties 'GIT_TOKEN' not allowed",
    ],
    [
      'a setting out of range',
      { config: { ...minimalValues.config, DATABASE_POOL_SIZE: 1 } },
      "at '/config/DATABASE_POOL_SIZE': minimum: got 1, want 4",
    ],
    [
      'a malformed setting',
      { config: { ...minimalValues.config, ARGOCD_URL: 'argocd' } },
      "at '/config/ARGOCD_URL': 'argocd' does not match pattern",
    ],
    [
      'a values file outside of the repository',
      { config: { ...minimalValues.config, HELM_VALUES_PATH: '/etc/x.yaml' } },
      "at '/config/HELM_VALUES_PATH'",
    ],
    ['no image', { image: { tag: '1' } }, "at '/image/repository'"],
    [
      'a secret by value',
      { secrets: { ...minimalValues.secrets, JWT_SECRETS: 'abc' } },
      "at '/secrets/JWT_SECRETS': got string, want object",
    ],
    ['a missing secret', { secrets: { DATABASE_URL: { name: 'x', key: 'y' } } }, "at '/secrets': missing propert"],
    ['no place of users', { config: { ...minimalValues.config, LDAP_USER_BASE_DN: undefined } }, 'LDAP_USER_BASE_DN'],
    ['an Ingress without TLS', { ingress: { host: 'infrahub.example.org' } }, "at '/ingress/tlsSecret'"],
    [
      'a system that may not be reached',
      { networkPolicy: { egress: {} } },
      "at '/networkPolicy/egress': missing properties",
    ],
    [
      'an egress to everybody',
      { networkPolicy: { egress: { ...minimalValues.networkPolicy.egress, git: { to: [], ports: [443] } } } },
      "at '/networkPolicy/egress/git/to': minItems: got 0, want 1",
    ],
    ['metrics where the Ingress leads', { config: { ...minimalValues.config, METRICS_PORT: 3000 } }, 'must differ'],
  ])('%s is refused, and Helm says where', async (_, wrong, message) => {
    await expect(render(CHART, { ...minimalValues, ...wrong })).rejects.toThrow(message);
  });
});

/** Values that neither have a comment above them nor stand below one that has, by their names. */
function uncommented(text: string): string[] {
  const above: { indent: number; isCommented: boolean }[] = [];
  return text.split('\n').flatMap((line, at, lines) => {
    const [, spaces = '', name, value] = /^( *)([\w.]+):(.*)$/.exec(line) ?? [];
    if (name === undefined) return [];
    while (above.length > 0 && (above.at(-1)?.indent ?? 0) >= spaces.length) above.pop();
    const isCommented = above.at(-1)?.isCommented || /^ *#/.test(lines[at - 1] ?? '');
    above.push({ indent: spaces.length, isCommented });
    return isCommented || value === '' ? [] : [name];
  });
}

test.each(['infrahub', 'tenants'])('every value of the chart %s is explained', (chart) => {
  const text = readFileSync(`helm/${chart}/values.yaml`, 'utf8');
  const values = z.record(z.string(), z.unknown()).parse(parse(text));
  expect(uncommented(text)).toEqual([]);
  const readme = readFileSync(`helm/${chart}/README.md`, 'utf8');
  expect(Object.keys(values).filter((name) => !new RegExp(`\`${name}\\b`).test(readme))).toEqual([]);
});

test.skipIf(helm.missing)('the one values file of the README installs InfraHub', async () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(readFileSync(`${CHART}/README.md`, 'utf8')) ?? [];
  const objects = await render(CHART, example);
  expect(objects.flatMap(problemsOf)).toEqual([]);
  expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'Job', 'Ingress']));
});

const SECRETS = new Set<string>(SECRET_SETTINGS);
const SAMPLE_SECRETS: Record<string, string> = {
  DATABASE_URL: 'postgresql://infrahub@db.example.org/infrahub',
  JWT_SECRETS: 'k3Zb1w9Qd8Jx0Lr5Vt7Yn2Hs4Mf6Pg1Ac',
};

test('the chart knows every setting of InfraHub, with its rules (else: node tools/chart-settings.ts, biome check --write)', () => {
  const schema = z.looseObject({
    properties: z.looseObject({
      config: z.looseObject({ properties: z.looseObject({}) }),
      secrets: z.looseObject({ properties: z.looseObject({}) }),
      files: z.looseObject({ properties: z.looseObject({}) }),
    }),
  });
  const found = schema.parse(JSON.parse(readFileSync(`${CHART}/values.schema.json`, 'utf8')));
  expect(found).toEqual(withSettings(found));
  const { config, secrets, files } = found.properties;
  const known = [config, secrets, files].flatMap(({ properties }) => Object.keys(properties));
  expect(known.sort()).toEqual(Object.keys(settings.shape).sort());
});
