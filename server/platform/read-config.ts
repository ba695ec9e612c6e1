import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { type Config, SECRET_SETTINGS, settings } from './config.ts';

/** Everything that is wrong with the environment, one line a setting. */
export class ConfigError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    const count = problems.length === 1 ? '1 setting needs' : `${problems.length} settings need`;
    super(`${count} attention.\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

type Environment = Record<string, string | undefined>;

const DESCRIPTIONS = new Map(Object.entries(settings.shape).map(([name, { description }]) => [name, description]));

/** Replaces `X_FILE` by the content of that file, for these secrets, as Kubernetes mounts them. */
function withSecretFiles(env: Environment, names: string[], problems: string[]): Environment {
  const filled = { ...env };
  for (const name of names) {
    const file = env[`${name}_FILE`];
    if (!file) continue;
    if (env[name]) problems.push(`${name}: is set, and so is ${name}_FILE; set only one of them`);
    try {
      filled[name] = readFileSync(file, 'utf8').trim();
    } catch {
      problems.push(`${name}_FILE: the file ${file} cannot be read`);
    }
  }
  return filled;
}

/**
 * Reads the settings from the environment; an empty variable counts as absent.
 * @throws ConfigError that names every problem at once.
 */
export function readConfig(env: Environment = process.env): Config {
  return read(settings, env, (present) =>
    present.LDAP_USER_DN_TEMPLATE || present.LDAP_USER_BASE_DN
      ? []
      : ['LDAP_USER_BASE_DN: is missing. Set it, or LDAP_USER_DN_TEMPLATE'],
  );
}

const migrationSettings = settings.pick({ LOG_LEVEL: true, DATABASE_URL: true });

/**
 * Reads what a migration needs of the settings, and looks at no other, so that its Job has to have no other secret.
 * @throws ConfigError that names every problem at once.
 */
export const readMigrationConfig = (env: Environment = process.env): z.infer<typeof migrationSettings> =>
  read(migrationSettings, env);

function read<S extends z.ZodObject>(
  schema: S,
  env: Environment,
  missing: (present: Environment) => string[] = () => [],
): z.infer<S> {
  const problems: string[] = [];
  const secrets = SECRET_SETTINGS.filter((name) => name in schema.shape);
  const filled = withSecretFiles(env, secrets, problems);
  const present = Object.fromEntries(Object.entries(filled).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(present);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (problems.some((p) => p.startsWith(`${name}_FILE:`))) continue;
    const what = present[name] === undefined ? 'is missing' : issue.message;
    problems.push(`${name}: ${what}. Expected: ${DESCRIPTIONS.get(name)}`);
  }
  problems.push(...missing(present));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}
