import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { z } from 'zod';

type Json = Record<string, unknown>;

const json = z.record(z.string(), z.unknown());

/** The definitions of a published description (Swagger 2). */
const definitionsOf = (file: string) =>
  z
    .object({ definitions: z.record(z.string(), json) })
    .parse(JSON.parse(readFileSync(new URL(`../data/${file}`, import.meta.url), 'utf8'))).definitions;

const kubernetes = definitionsOf('kubernetes-openapi.json');

/** What the published description says too loosely for a check, by its name. */
const STRICTER: Record<string, Json> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['integer', 'string'] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    type: ['number', 'string'],
    pattern: '^[0-9.]+(m|k|M|G|T|Ki|Mi|Gi|Ti)?$',
  },
};

/** Swagger lets every object have more fields; here an invented one is a mistake. */
function closed(name: string, definition: Json): Json {
  const isOpen = !('properties' in definition) || 'additionalProperties' in definition;
  return STRICTER[name] ?? (isOpen ? definition : { ...definition, additionalProperties: false });
}

const metadata = { $ref: 'kubernetes#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
const selector = { $ref: 'kubernetes#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector' };
const strict = (properties: Json, required: string[] = Object.keys(properties)): Json => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const text = { type: 'string', minLength: 1 };
const texts = { type: 'object', additionalProperties: { type: 'string' } };
const some = (items: Json): Json => ({ type: 'array', minItems: 1, items });
const resource = (apiVersion: string, kind: string, spec: Json): Json =>
  strict({ apiVersion: { const: apiVersion }, kind: { const: kind }, metadata, spec });

const duration = { type: 'string', pattern: '^[0-9]+(ms|s|m|h|d)$' };
const rule = strict({ alert: text, record: text, expr: text, for: duration, labels: texts, annotations: texts }, [
  'expr',
]);
const whitelist = some(strict({ group: { type: 'string' }, kind: text }));

/** Kinds that Kubernetes does not describe itself, as far as InfraHub uses them. */
const CUSTOM: Record<string, Json> = {
  'monitoring.coreos.com/v1/ServiceMonitor': resource(
    'monitoring.coreos.com/v1',
    'ServiceMonitor',
    strict({ selector, endpoints: some(strict({ port: text, path: text, interval: duration })) }),
  ),
  'monitoring.coreos.com/v1/PrometheusRule': resource(
    'monitoring.coreos.com/v1',
    'PrometheusRule',
    strict({ groups: some(strict({ name: text, interval: duration, rules: some(rule) }, ['name', 'rules'])) }),
  ),
  'argoproj.io/v1alpha1/Application': resource('argoproj.io/v1alpha1', 'Application', {
    $ref: 'argocd#/definitions/v1alpha1ApplicationSpec',
  }),
  'argoproj.io/v1alpha1/AppProject': resource(
    'argoproj.io/v1alpha1',
    'AppProject',
    strict({
      description: text,
      sourceRepos: some(text),
      destinations: some(strict({ server: text, namespace: text })),
      clusterResourceWhitelist: whitelist,
      namespaceResourceWhitelist: whitelist,
    }),
  ),
};

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
for (const [$id, definitions] of Object.entries({ kubernetes, argocd: definitionsOf('argocd-openapi.json') })) {
  const strictly = Object.entries(definitions).map(([name, definition]) => [name, closed(name, definition)]);
  ajv.addSchema({ $id, definitions: Object.fromEntries(strictly) });
}

const kinds = z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() }));

function schemaOf(apiVersion: string, kind: string): Json | undefined {
  const found = Object.entries(kubernetes).find(([, definition]) =>
    kinds
      .parse(definition['x-kubernetes-group-version-kind'] ?? [])
      .some((one) => one.kind === kind && [one.group, one.version].filter(Boolean).join('/') === apiVersion),
  );
  return found ? { $ref: `kubernetes#/definitions/${found[0]}` } : CUSTOM[`${apiVersion}/${kind}`];
}

export const kubernetesObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
export type KubernetesObject = z.infer<typeof kubernetesObject>;

/** What about an object contradicts the description of its kind; empty when nothing does. */
export function problemsOf(object: KubernetesObject): string[] {
  const { apiVersion, kind, metadata } = object;
  const schema = schemaOf(apiVersion, kind);
  if (!schema) return [`${apiVersion} ${kind} is no kind that is known`];
  const check = ajv.compile(schema);
  if (check(object)) return [];
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${kind} ${metadata.name}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
