import type { Grant, Role } from '../platform/policy.ts';
import { ROLES } from '../platform/policy.ts';
import { id } from '../platform/schema.ts';
import { type Dn, parseDn, sameDn } from './dn.rules.ts';

/** Grants that one person can have at most; the highest are kept. */
export const MAX_GRANTS = 200;

/** What the groups that give each role are called; `<id>` is that of the field, department or team. */
export const GROUP_OF_ROLE = {
  center_admin: 'infrahub-center-admins',
  field_admin: 'infrahub-field-admins-<id>',
  dept_admin: 'infrahub-dept-admins-<id>',
  team_lead: 'infrahub-team-leads-<id>',
} as const satisfies Record<Role, string>;

/** A group that looks like one of ours and gives nothing, and why. */
export type IgnoredGroup = { group: string; reason: string };

/**
 * What the directory's groups allow. Only groups directly below `baseDn` count, else whoever may create a group
 * elsewhere could make himself an admin. Groups of other systems are passed over in silence.
 */
export function grantsFromGroups(
  groupDns: readonly string[],
  baseDn: Dn,
): { grants: Grant[]; ignored: IgnoredGroup[] } {
  const grants = new Map<string, Grant>();
  const ignored: IgnoredGroup[] = [];
  for (const group of groupDns) {
    const meaning = meaningOf(group, baseDn);
    if (meaning === undefined) continue;
    if (typeof meaning === 'string') ignored.push({ group, reason: meaning });
    else grants.set(`${meaning.role} ${meaning.scope_id}`, meaning);
  }
  const highestFirst = ROLES.flatMap((role) => [...grants.values()].filter((grant) => grant.role === role));
  for (const { role, scope_id } of highestFirst.slice(MAX_GRANTS)) {
    ignored.push({ group: `${role} ${scope_id}`, reason: `only ${MAX_GRANTS} grants are kept` });
  }
  return { grants: highestFirst.slice(0, MAX_GRANTS), ignored };
}

/** The grant; or the reason why a group that looks like ours gives none; or undefined when it is not ours. */
function meaningOf(group: string, baseDn: Dn): Grant | string | undefined {
  const dn = parseDn(group);
  if (!dn) return 'its DN cannot be read';
  const [first, ...parent] = dn;
  const [name, ...more] = first ?? [];
  if (name?.type !== 'cn' || !name.value.startsWith('infrahub-')) return undefined;
  if (more.length > 0) return 'its name has several parts';
  if (!sameDn(parent, baseDn)) return 'it is not directly below LDAP_GROUP_BASE_DN';
  return grantOf(name.value) ?? 'its name gives no role, or its id is malformed';
}

function grantOf(name: string): Grant | undefined {
  for (const role of ROLES) {
    const [prefix = '', hasScope] = GROUP_OF_ROLE[role].split('<id>');
    if (hasScope === undefined) {
      if (name === prefix) return { role, scope_id: null };
    } else if (name.startsWith(prefix)) {
      const scope = id.safeParse(name.slice(prefix.length));
      return scope.success ? { role, scope_id: scope.data } : undefined;
    }
  }
  return undefined;
}
