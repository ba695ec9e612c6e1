import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { settings } from '../../server/platform/config.ts';
import { withSettings } from '../../tools/chart-settings.ts';
import { minimalValues } from '../factories/chart-values.ts';
import { helm, render } from '../support/helm.ts';
import { problemsOf } from '../support/kubernetes.ts';

const CHART = 'helm/infrahub';

describe.skipIf(helm.missing)(`the values of InfraHub’s chart ${helm.missing ?? ''}`, () => {
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
    [
      'traces to a collector that may not be reached',
      { config: { ...minimalValues.config, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' } },
      'networkPolicy.egress.telemetry must say where the collector is',
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
