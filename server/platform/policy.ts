import { ForbiddenError } from './errors.ts';

/** Highest first: a token's `role` and `scope_id` are those of the highest grant. */
export const ROLES = ['center_admin', 'field_admin', 'dept_admin', 'team_lead'] as const;
export type Role = (typeof ROLES)[number];

/** `all`: anywhere · `own`: at or below the node that the grant names · `no`: never. */
type Reach = 'all' | 'own' | 'no';

/** Who may do what, on one screen (`design/domain.md`, Roles). A missing cell does not compile. */
// biome-ignore format: a table reads as a table
export const POLICY = {
  'org.read':              { center_admin: 'all', field_admin: 'own', dept_admin: 'own', team_lead: 'own' },
  'centers.manage':        { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'no'  },
  'fields.manage':         { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'no'  },
  'departments.manage':    { center_admin: 'all', field_admin: 'own', dept_admin: 'no',  team_lead: 'no'  },
  'teams.manage':          { center_admin: 'all', field_admin: 'own', dept_admin: 'own', team_lead: 'no'  },
  'servers.read':          { center_admin: 'all', field_admin: 'own', dept_admin: 'no',  team_lead: 'no'  },
  'servers.allocate':      { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'no'  },
  'servers.sync':          { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'no'  },
  'capacity.read':         { center_admin: 'all', field_admin: 'own', dept_admin: 'no',  team_lead: 'no'  },
  'department_quotas.set': { center_admin: 'all', field_admin: 'own', dept_admin: 'no',  team_lead: 'no'  },
  'team_quotas.set':       { center_admin: 'all', field_admin: 'own', dept_admin: 'own', team_lead: 'no'  },
  'quotas.read':           { center_admin: 'all', field_admin: 'own', dept_admin: 'own', team_lead: 'own' },
  'quotas.verify':         { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'no'  },
  'projects.read':         { center_admin: 'all', field_admin: 'own', dept_admin: 'own', team_lead: 'own' },
  'projects.create':       { center_admin: 'no',  field_admin: 'no',  dept_admin: 'no',  team_lead: 'own' },
  'projects.decommission': { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'own' },
  'drift.read':            { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'no'  },
  'drift.mend':            { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'no'  },
  'sessions.revoke':       { center_admin: 'all', field_admin: 'no',  dept_admin: 'no',  team_lead: 'no'  },
  'audit.read':            { center_admin: 'all', field_admin: 'own', dept_admin: 'own', team_lead: 'own' },
  'reports.read':          { center_admin: 'all', field_admin: 'own', dept_admin: 'own', team_lead: 'own' },
} as const satisfies Record<string, Record<Role, Reach>>;

export type Permission = keyof typeof POLICY;

/** One (role, scope) that the directory gives. `scope_id` names a field, department or team; null is everything. */
export type Grant = { role: Role; scope_id: string | null };

/** Who asks, and for which request. `sub` is the directory's name for the person. */
export type Caller = { sub: string; sessionId: string; grants: readonly Grant[]; requestId: string };

/** Where a thing lies in the organisation: the ids from the field downwards, as far as they apply. */
export type Place = { fieldId?: string | null; departmentId?: string | null; teamId?: string | null };

const SCOPE_OF = { field_admin: 'fieldId', dept_admin: 'departmentId', team_lead: 'teamId' } as const;

function covers(grant: Grant, place: Place): boolean {
  if (grant.role === 'center_admin') return true;
  return grant.scope_id !== null && place[SCOPE_OF[grant.role]] === grant.scope_id;
}

/** Whether any one grant allows it at this place. Grants are judged one by one and never widen each other. */
export function can(caller: Pick<Caller, 'grants'>, permission: Permission, place: Place): boolean {
  return caller.grants.some((grant) => {
    const reach = POLICY[permission][grant.role];
    return reach === 'all' || (reach === 'own' && covers(grant, place));
  });
}

/** Whether any grant holds the permission somewhere: the first, cheap gate of a procedure. */
export function holds(caller: Pick<Caller, 'grants'>, permission: Permission): boolean {
  return caller.grants.some((grant) => POLICY[permission][grant.role] !== 'no');
}

/** @throws ForbiddenError unless the caller may do this at this place. */
export function authorize(caller: Caller, permission: Permission, place: Place): void {
  if (!can(caller, permission, place)) throw new ForbiddenError();
}

/** What a list may show: everything, or what lies under any of these nodes. */
export type Scope =
  | { everything: true }
  | { everything: false; fieldIds: string[]; departmentIds: string[]; teamIds: string[] };

/** The part of the organisation in which the caller holds the permission; the WHERE of every list. */
export function scopeOf(caller: Caller, permission: Permission): Scope {
  const scope: Exclude<Scope, { everything: true }> = {
    everything: false,
    fieldIds: [],
    departmentIds: [],
    teamIds: [],
  };
  for (const { role, scope_id } of caller.grants) {
    const reach = POLICY[permission][role];
    if (reach === 'all') return { everything: true };
    if (reach === 'no' || scope_id === null) continue;
    if (role === 'field_admin') scope.fieldIds.push(scope_id);
    if (role === 'dept_admin') scope.departmentIds.push(scope_id);
    if (role === 'team_lead') scope.teamIds.push(scope_id);
  }
  return scope;
}

/** The highest grant: center before field before department before team, then the lowest scope id. */
export function highestGrant(grants: readonly Grant[]): Grant | undefined {
  return [...grants].sort(
    (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || (a.scope_id ?? '').localeCompare(b.scope_id ?? ''),
  )[0];
}
