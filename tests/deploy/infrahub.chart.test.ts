import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SECRET_SETTINGS } from '../../server/platform/config.ts';
import { readConfig, readMigrationConfig } from '../../server/platform/read-config.ts';
import { everythingValues, highlyAvailableValues, minimalValues, threeSitesValues } from '../factories/chart-values.ts';
import { helm, lint, render } from '../support/helm.ts';
import { problemsOf } from '../support/kubernetes.ts';
import { labels, one, podOf } from '../support/rendered.ts';

const CHART = 'helm/infrahub';

const SECRETS = new Set<string>(SECRET_SETTINGS);
const SAMPLE_SECRETS: Record<string, string> = {
  DATABASE_URL: 'postgresql://infrahub@db.example.org/infrahub',
  JWT_SECRETS: 'k3Zb1w9Qd8Jx0Lr5Vt7Yn2Hs4Mf6Pg1Ac',
};

const probe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.string() }) });

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
    });

    test('gives every secret as a file, and puts none into an object', async () => {
      const objects = await render(CHART, values);
      expect(objects.map(({ kind }) => kind)).not.toContain('Secret');
      const { data } = z.looseObject({ data: labels }).parse(one(objects, 'ConfigMap'));
      expect(Object.keys(data).filter((name) => SECRETS.has(name.replace(/_FILE$/, '')))).toEqual([]);
      const pod = podOf(one(objects, 'Deployment')).spec;
      const mounted = JSON.stringify(pod.volumes.find(({ name }) => name === 'secrets'));
      for (const [name, { key }] of Object.entries(values.secrets)) {
        expect(pod.containers[0].env).toContainEqual({ name: `${name}_FILE`, value: `/run/infrahub/${name}` });
        expect(mounted).toContain(JSON.stringify([{ key, path: name }]));
      }
    });

    test('gives the migration the address of PostgreSQL and the level of the log, and nothing else that InfraHub has', async () => {
      const { spec } = podOf(one(await render(CHART, values), 'Job', 'infrahub-migration'));
      const [{ env, envFrom }] = spec.containers;
      const level = Object.entries(values.config).filter(([name]) => name === 'LOG_LEVEL');
      expect(envFrom).toBeUndefined();
      expect(env).toEqual([
        ...level.map(([name, value]) => ({ name, value })),
        { name: 'DATABASE_URL_FILE', value: '/run/infrahub/DATABASE_URL' },
      ]);
      const items = [{ key: values.secrets.DATABASE_URL.key, path: 'DATABASE_URL' }];
      expect(spec.volumes.filter((volume) => 'projected' in volume || 'secret' in volume)).toEqual([
        {
          name: 'secrets',
          projected: { defaultMode: 0o440, sources: [{ secret: { name: values.secrets.DATABASE_URL.name, items } }] },
        },
      ]);
      const given = { ...Object.fromEntries(level), DATABASE_URL: SAMPLE_SECRETS.DATABASE_URL };
      expect(() => readMigrationConfig(given)).not.toThrow();
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
      const product = ['http', 'readiness'].map((file) => readFileSync(`server/platform/${file}.ts`, 'utf8')).join('');
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
      expect(migration.command).toEqual(['node', 'build/infrahub/migrate.js']);
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
});
