import { createHash } from 'node:crypto';
import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;
type Found = { schema: JsonSchema; name: string; whole: JsonSchema };

/**
 * What a field is called tells what it looks like, where its type does not; the first that fits holds. A schema that wants
 * another value says so itself: `.meta({ example })`.
 */
const BY_NAME: [RegExp, unknown][] = [
  [/^(error|error_message|refusal|waiting|scope_id|scope_name)$/, null],
  [/^namespace_name$/, `${uuidFor('team_id')}-vision-api`],
  [/^(field|department|team|scope)_name$/, 'Vision'],
  [/^(username|actor|sub|created_by|requested_by|confirmed_by)$/, 'dana'],
  [/name$/, 'vision-api'],
  [/^password$/, 'correct horse battery staple'],
  [/token$/, 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJkYW5hIn0.c2lnbmF0dXJl'],
  [/^sites?$/, 'haifa'],
  [/cursor$/, 'WyJuYW1lIiwidmlzaW9uLWFwaSJd'],
  [/^commit_sha$/, '5f1d7a84db7c8c0e3f0c7d3f3f2e1b0a9c8d7e6f'],
  [/_url$/, 'https://argocd.example.org/applications/tenants'],
  [/^action$/, 'project.create'],
  [/^target_type$/, 'project'],
  [/^(message|reason|status_reason)$/, 'Waiting for Argo CD to sync the commit.'],
  [/(deficit|withheld|quarantined|offline)/, 0],
  [/ram_gb|ram/, 256],
  [/cpu/, 64],
  [/expires_in/, 900],
  [/seconds/, 30],
  [/_ms$/, 850],
];

/**
 * A plausible value of the schema: as it is sent (`input`) or answered (`output`). Undefined where none is found; a test
 * then asks for one to be named.
 */
export function exampleOf(schema: z.ZodType, io: 'input' | 'output'): unknown {
  const whole = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  const found = { schema: whole, name: '', whole };
  const optional = Object.keys(whole.properties ?? {}).filter((name) => !whole.required?.includes(name));
  // All of it if that may be, else what is required, with one thing more if it takes that.
  const choices = [optional, [], ...optional.map((name) => [name])];
  const values = choices.map((chosen) =>
    leaveOut(sampleOf(found), (name) => optional.includes(name) && !chosen.includes(name)),
  );
  return values.find((candidate) => schema.safeParse(candidate).success);
}

function leaveOut(value: unknown, unwanted: (name: string) => boolean): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !unwanted(name)));
}

function sampleOf({ schema, name, whole }: Found): unknown {
  const go = (inner: JsonSchema['items'], as = name): unknown =>
    typeof inner === 'object' && !Array.isArray(inner) ? sampleOf({ schema: inner, name: as, whole }) : null;
  if (schema.$ref) return go(whole.$defs?.[schema.$ref.replace('#/$defs/', '')]);
  const said = [schema.example, schema.examples?.[0], schema.const, schema.enum?.[0]].find((v) => v !== undefined);
  if (said !== undefined) return said;
  const [type, ...others] = [schema.type ?? []].flat();
  if (isNullByName(name) && (schema.anyOf ?? others).length > 0) return null;
  if (schema.anyOf) return go(schema.anyOf[0]);
  if (type === 'object') {
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, go(inner, key)]));
  }
  if (type === 'array') return [go(schema.items)];
  return plain(schema, type, name);
}

const isNullByName = (name: string): boolean => BY_NAME.find(([pattern]) => pattern.test(name))?.[1] === null;

function plain(schema: JsonSchema, type: z.core.JSONSchema.SchemaType | undefined, name: string): unknown {
  const { format, minimum, maximum, default: fallback } = schema;
  if (format === 'uuid') return uuidFor(name);
  if (format === 'date-time') return '2026-03-02T09:30:00.000Z';
  if (format === 'date') return '2026-03-02';
  if (fallback !== undefined) return fallback;
  if (type === 'boolean') return true;
  const named = BY_NAME.find(([pattern, value]) => pattern.test(name) && typeof value === typeOf(type))?.[1];
  if (type === 'string') return named ?? name;
  if (type === 'null') return null;
  return Math.min(Math.max(typeof named === 'number' ? named : 1, minimum ?? 0), maximum ?? Number.MAX_SAFE_INTEGER);
}

const typeOf = (type: unknown): string => (type === 'integer' ? 'number' : String(type));

/** The same field gets the same id in every example, so that they fit together. */
function uuidFor(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
