import { isIP } from 'node:net';
import { z } from 'zod';
import './issue-words.ts';

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const seconds = (min: number, max: number) => z.coerce.number().min(min).max(max);
const url = (...protocols: string[]) =>
  z.string().refine(
    (text) => {
      const parsed = URL.parse(text);
      return parsed !== null && protocols.includes(parsed.protocol);
    },
    `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  );
const text = () => z.string().min(1);
/** Values separated by commas. */
const list = (isOne: (value: string) => boolean, message: string) =>
  z
    .string()
    .optional()
    .transform((values = '') => values.split(',').flatMap((value) => value.trim() || []))
    .refine((values) => values.every(isOne), message);
function secret<T extends z.ZodType>(schema: T): T {
  settingNotes.add(schema, { secret: true });
  return schema;
}
const optional = <T extends z.ZodType>(schema: T) => schema.optional();

/** What a setting is beside its type: a secret may also come from a file named by `<NAME>_FILE`. */
export const settingNotes = z.registry<{ secret: boolean }>();

const isOrigin = (value: string): boolean => URL.parse(value)?.origin === value;

function isNetwork(value: string): boolean {
  const [address = '', prefix] = value.split('/');
  const bits = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return bits > 0 && (prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= bits));
}

const SAMPLE_SECRET = /change-?me|sample|example|secret-?key/i;
const jwtSecrets = z
  .string()
  .transform((list) => list.split(',').map((part) => part.trim()))
  .refine((keys) => keys.every((key) => Buffer.byteLength(key) >= 32), 'each secret must be at least 32 bytes long')
  .refine(
    (keys) => !keys.some((key) => SAMPLE_SECRET.test(key)),
    'this is a sample value; make your own: openssl rand -base64 48',
  );

/**
 * Every setting, in the order of `docs/configuration.md`. The descriptions are that page's text, and a test keeps the
 * page and `.env.example` equal to this schema.
 */
export const settings = z.object({
  HOST: text().default('0.0.0.0').describe('Address to listen on.'),
  PORT: whole(0, 65535).default(3000).describe('Port to listen on; 0 takes a free one.'),
  METRICS_PORT: optional(whole(0, 65535)).describe(
    'Port for `/metrics` and for what `/readyz` found, so that only Prometheus and operators need reach them; without it, both are on `PORT`.',
  ),
  DRAIN_SECONDS: seconds(0, 600)
    .default(5)
    .describe(
      'For so long a replica that is told to end goes on serving, while the balancer learns from `/readyz` that it is to go elsewhere, in seconds. It may then take 20 more to end.',
    ),
  TRUST_PROXY: list(isNetwork, 'must be addresses or CIDRs, separated by commas').describe(
    'Addresses and CIDRs of the proxies in front, separated by commas, such as `10.0.0.0/8`. Only they are believed when they say whose request it is (`X-Forwarded-For`).',
  ),
  CORS_ORIGINS: list(isOrigin, 'must be origins such as https://tools.example.org, separated by commas').describe(
    'Origins of other web applications whose pages may call the API, separated by commas, such as `https://tools.example.org`.',
  ),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe level that is logged.'),

  DATABASE_URL: secret(url('postgres:', 'postgresql:')).describe(
    'PostgreSQL, 15 or later. Holds everything that must survive.',
  ),
  DATABASE_POOL_SIZE: whole(4, 200).default(20).describe('Connections that one replica keeps at most.'),

  JWT_SECRETS: secret(jwtSecrets).describe(
    'Keys that sign access tokens (HS256), at least 32 bytes each, newest first, separated by commas. The first signs, all verify.',
  ),
  JWT_ISSUER: text().default('infrahub').describe('`iss` of the tokens.'),
  JWT_AUDIENCE: text().default('infrahub-api').describe('`aud` of the tokens.'),

  LDAP_URL: url('ldap:', 'ldaps:').describe('The directory. Use `ldaps://` outside of tests.'),
  LDAP_CA_FILE: optional(text()).describe(
    'PEM file with the CA that signed the directory’s certificate, if it is a private one.',
  ),
  LDAP_USER_DN_TEMPLATE: optional(text().includes('{username}')).describe(
    'How a user name becomes a DN, such as `uid={username},ou=people,dc=example,dc=org`. Without it the user is searched for.',
  ),
  LDAP_USER_BASE_DN: optional(text()).describe(
    'Where users are searched for. Needed unless `LDAP_USER_DN_TEMPLATE` is set.',
  ),
  LDAP_USER_FILTER: text()
    .includes('{username}')
    .default('(uid={username})')
    .describe('Filter of that search; `{username}` is escaped. For Active Directory: `(sAMAccountName={username})`.'),
  LDAP_SERVICE_DN: text().describe('Account that reads `memberOf` (and searches for users).'),
  LDAP_SERVICE_PASSWORD: secret(text()).describe('Its password.'),
  LDAP_GROUP_BASE_DN: text().describe('Only groups directly below this DN give roles.'),
  LDAP_TIMEOUT_SECONDS: seconds(0.1, 60)
    .default(5)
    .describe('Limit of one sign-in at the directory, with all its connects, binds and searches, in seconds.'),
  SIGN_IN_TRIES: whole(1, 20)
    .default(5)
    .describe(
      'Wrong passwords for one account before it has to wait: a minute, then twice that, five at most. Set it below the number at which the directory locks the account.',
    ),

  EXTERNAL_SERVER_API_URL: url('http:', 'https:').describe('The inventory. Base URL of the API in the chosen format.'),
  EXTERNAL_SERVER_API_FORMAT: z
    .enum(['native', 'maas', 'netbox'])
    .default('native')
    .describe('What the inventory speaks: `native` (docs/inventory.md), Canonical `maas` or `netbox`.'),
  EXTERNAL_SERVER_API_TOKEN: optional(secret(text())).describe(
    'Credential for it: a bearer token (native), the API key `consumer:token:secret` (MAAS) or an API token (NetBox).',
  ),
  EXTERNAL_SERVER_API_MAAS_SITE: z
    .enum(['zone', 'pool'])
    .default('zone')
    .describe('What is the site of a MAAS machine.'),
  EXTERNAL_SERVER_API_NETBOX_CPU_FIELD: text()
    .default('cpu_cores')
    .describe('NetBox custom field with the cores of a device.'),
  EXTERNAL_SERVER_API_NETBOX_RAM_FIELD: text()
    .default('ram_gb')
    .describe('NetBox custom field with the RAM of a device, in GiB.'),
  EXTERNAL_SERVER_API_TIMEOUT_SECONDS: seconds(0.1, 300).default(30).describe('Limit of one page, in seconds.'),
  SYNC_INTERVAL_MINUTES: whole(1, 1440).default(15).describe('Minutes between two syncs of the inventory.'),
  SYNC_MAX_OFFLINE_PERCENT: whole(0, 100)
    .default(10)
    .describe(
      'When more than 10 servers and more than this share of the fleet vanish at once, an admin has to confirm.',
    ),
  PERFORMANCE_TIER_CPU_THRESHOLD: whole(1, 100_000)
    .default(64)
    .describe('Cores from which a server is of tier `high_performance`.'),

  GIT_REPO_URL: text()
    .refine((value) => !URL.parse(value)?.password, 'must not carry a password: use GIT_TOKEN')
    .describe('The repository with the values files: `https://…`, `ssh://…` or a path.'),
  GIT_BRANCH: text()
    .regex(/^[\w][\w./-]*$/)
    .default('main')
    .describe('The branch that Argo CD follows.'),
  GIT_USERNAME: text().default('oauth2').describe('User name that goes with the token over HTTPS.'),
  GIT_TOKEN: optional(secret(text())).describe('Token with write access to that repository, for HTTPS.'),
  GIT_CA_FILE: optional(text()).describe(
    'PEM file with the CA that signed the Git server’s certificate, if it is a private one.',
  ),
  GIT_SSH_KEY_FILE: optional(text()).describe('Private key without a passphrase, for SSH.'),
  GIT_SSH_KNOWN_HOSTS_FILE: optional(text()).describe(
    'Host keys to trust, for SSH; no other is accepted. Made by `ssh-keyscan`, and checked.',
  ),
  GIT_AUTHOR_NAME: text().default('InfraHub').describe('Author of the commits.'),
  GIT_AUTHOR_EMAIL: text().default('infrahub@localhost').describe('Their e-mail address.'),
  GIT_TIMEOUT_SECONDS: seconds(1, 600).default(60).describe('Limit of one Git command, in seconds.'),
  HELM_VALUES_PATH: text()
    .regex(/^(?!\/)(?!.*\.\.)[\w{}./-]+\.ya?ml$/, 'must be a relative path to a .yaml file')
    .default('values.yaml')
    .describe('The values file in the repository; `{site}` in it gives each site a file of its own.'),

  ARGOCD_URL: url('http:', 'https:').describe('Argo CD’s API server.'),
  ARGOCD_TOKEN: secret(text()).describe('Token of an account that may `get` and `sync` the application.'),
  ARGOCD_APP_NAME: text()
    .regex(/^[a-z0-9{}.-]+$/)
    .default('tenants')
    .describe('The application that deploys the values file; may contain `{site}`.'),
  ARGOCD_TIMEOUT_SECONDS: seconds(0.1, 300).default(15).describe('Limit of one call, in seconds.'),
  PROVISION_POLL_SECONDS: seconds(0.1, 600).default(10).describe('Seconds between two looks at an application.'),
  PROVISION_TIMEOUT_SECONDS: seconds(1, 86_400)
    .default(300)
    .describe('Seconds a project may take from the first sync request on.'),

  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    url('http:', 'https:').refine((value) => !URL.parse(value)?.password, 'must not carry a password'),
  ).describe(
    'OpenTelemetry collector that takes traces by OTLP over HTTP, such as `http://collector:4318`. Without it there are no traces.',
  ),
  OTEL_SERVICE_NAME: text().default('infrahub').describe('Name of this installation in the traces.'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of the traces that begin at InfraHub and are kept, 0 to 1. A caller’s own decision is followed.'),
});

export type Config = z.infer<typeof settings>;

// `get`, not `has`: a schema made from another by `describe` inherits the note.
const isSecret = (name: keyof Config): boolean => settingNotes.get(innermost(settings.shape[name]))?.secret === true;

/** The schema inside `optional(…)`, where the note hangs. */
function innermost(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? innermost(z.any().parse(schema.unwrap())) : schema;
}

/** Names of the settings that are secrets, each of which may come from `<NAME>_FILE`. */
export const SECRET_SETTINGS = settings.keyof().options.filter(isSecret);

/** The settings by which passwords and tokens would cross the network for everybody to read. */
export function unencrypted(config: Config): (keyof Config)[] {
  const addresses = ['LDAP_URL', 'EXTERNAL_SERVER_API_URL', 'GIT_REPO_URL', 'ARGOCD_URL'] as const;
  return addresses.filter((name) => /^(ldap|http):/i.test(config[name]));
}
