/** Writes the settings of server/platform/config.ts into the chart's values.schema.json: `node tools/chart-settings.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { SECRET_SETTINGS, settings } from '../server/platform/config.ts';

const CHART_SCHEMA = 'helm/infrahub/values.schema.json';

const { properties = {}, required = [] } = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' });
const secrets = new Set<string>(SECRET_SETTINGS);

/** What `config` says by code, as a pattern; and patterns with a look-ahead, which Helm's regular expressions lack. */
const PATTERNS: Record<string, string> = {
  LDAP_URL: '^ldaps?://.',
  EXTERNAL_SERVER_API_URL: '^https?://.',
  ARGOCD_URL: '^https?://.',
  OTEL_EXPORTER_OTLP_ENDPOINT: '^https?://.',
  HELM_VALUES_PATH: '^[\\w{}-][\\w{}./-]*\\.ya?ml$',
};
/** Who is not root takes no port below this one, and a Service needs to know which. */
const FIRST_FREE_PORT = 1024;

const names = Object.keys(properties);
const isFile = (name: string): boolean => !secrets.has(name) && name.endsWith('_FILE');
const isPlain = (name: string): boolean => !secrets.has(name) && !isFile(name);

function plainSetting(name: string): Record<string, unknown> {
  const property = properties[name];
  const { default: _, format: __, ...rules } = typeof property === 'object' ? property : {};
  return {
    ...rules,
    ...(name in PATTERNS && { pattern: PATTERNS[name] }),
    ...(/(^|_)PORT$/.test(name) && { minimum: FIRST_FREE_PORT }),
  };
}

const pointers = (of: (name: string) => boolean, definition: string) =>
  Object.fromEntries(
    names.filter(of).map((name) => {
      const property = properties[name];
      const description = typeof property === 'object' ? property.description : undefined;
      return [name, { allOf: [{ $ref: `#/definitions/${definition}` }], description }];
    }),
  );

const part = z.looseObject({ required: z.array(z.string()).optional() });
const chartSchema = z.looseObject({ properties: z.looseObject({ config: part, secrets: part, files: part }) });

/** The chart's schema, with every setting where it belongs: `config`, `secrets` or `files`. The rest of it stays. */
export function withSettings(schema: unknown): unknown {
  const { properties: chart, ...rest } = chartSchema.parse(schema);
  const needed = (of: (name: string) => boolean) => required.filter(of);
  return {
    ...rest,
    properties: {
      ...chart,
      config: {
        ...chart.config,
        required: [...needed(isPlain), 'PORT', 'METRICS_PORT', 'DRAIN_SECONDS'],
        properties: Object.fromEntries(names.filter(isPlain).map((name) => [name, plainSetting(name)])),
      },
      secrets: {
        ...chart.secrets,
        required: needed((name) => secrets.has(name)),
        properties: pointers((name) => secrets.has(name), 'secretKey'),
      },
      files: { ...chart.files, properties: pointers(isFile, 'file') },
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const schema = withSettings(JSON.parse(readFileSync(CHART_SCHEMA, 'utf8')));
  writeFileSync(CHART_SCHEMA, `${JSON.stringify(schema, null, 2)}\n`);
}
