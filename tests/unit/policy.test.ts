import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  can,
  type Grant,
  highestGrant,
  type Permission,
  type Place,
  POLICY,
  ROLES,
  scopeOf,
} from '../../server/platform/policy.ts';
import { callerWith } from '../factories/caller.ts';

const FIELD = randomUUID();
const DEPARTMENT = randomUUID();
const TEAM = randomUUID();

const GRANTS: Record<(typeof ROLES)[number], Grant> = {
  center_admin: { role: 'center_admin', scope_id: null },
  field_admin: { role: 'field_admin', scope_id: FIELD },
  dept_admin: { role: 'dept_admin', scope_id: DEPARTMENT },
  team_lead: { role: 'team_lead', scope_id: TEAM },
};

/** Three places in the grants' own line, and one beside it. */
const PLACES: Place[] = [
  { fieldId: FIELD },
  { fieldId: FIELD, departmentId: DEPARTMENT },
  { fieldId: FIELD, departmentId: DEPARTMENT, teamId: TEAM },
  { fieldId: randomUUID(), departmentId: randomUUID(), teamId: randomUUID() },
];

/** By hand, from the roles of the domain: at its field, its department, its team, and at somebody else's. */
// biome-ignore format: a table reads as a table
const EXPECTED: Record<Permission, [center: string, field: string, department: string, team: string]> = {
  'org.read':                ['yyyy', 'yyyn', 'nyyn', 'nnyn'],
  'centers.manage':          ['yyyy', 'nnnn', 'nnnn', 'nnnn'],
  'fields.manage':           ['yyyy', 'nnnn', 'nnnn', 'nnnn'],
  'departments.manage':      ['yyyy', 'yyyn', 'nnnn', 'nnnn'],
  'teams.manage':            ['yyyy', 'yyyn', 'nyyn', 'nnnn'],
  'servers.read':            ['yyyy', 'yyyn', 'nnnn', 'nnnn'],
  'servers.allocate':        ['yyyy', 'nnnn', 'nnnn', 'nnnn'],
  'servers.sync':            ['yyyy', 'nnnn', 'nnnn', 'nnnn'],
  'capacity.read':           ['yyyy', 'yyyn', 'nnnn', 'nnnn'],
  'department_quotas.set':   ['yyyy', 'yyyn', 'nnnn', 'nnnn'],
  'team_quotas.set':         ['yyyy', 'yyyn', 'nyyn', 'nnnn'],
  'quotas.read':             ['yyyy', 'yyyn', 'nyyn', 'nnyn'],
  'quotas.verify':           ['yyyy', 'nnnn', 'nnnn', 'nnnn'],
  'projects.read':           ['yyyy', 'yyyn', 'nyyn', 'nnyn'],
  'projects.create':         ['nnnn', 'nnnn', 'nnnn', 'nnyn'],
  'projects.decommission':   ['yyyy', 'nnnn', 'nnnn', 'nnyn'],
  'drift.read':              ['yyyy', 'nnnn', 'nnnn', 'nnnn'],
  'drift.mend':              ['yyyy', 'nnnn', 'nnnn', 'nnnn'],
  'sessions.revoke':         ['yyyy', 'nnnn', 'nnnn', 'nnnn'],
  'audit.read':              ['yyyy', 'yyyn', 'nyyn', 'nnyn'],
  'reports.read':            ['yyyy', 'yyyn', 'nyyn', 'nnyn'],
};

const permissions = Object.keys(EXPECTED).filter((name): name is Permission => name in POLICY);

test('the table of this test names every permission, and no other', () => {
  expect(Object.keys(POLICY).sort()).toEqual(Object.keys(EXPECTED).sort());
});

describe.each(permissions)('%s', (permission) => {
  test.each(ROLES.map((role, at) => [role, at] as const))('%s', (role, at) => {
    const caller = callerWith(GRANTS[role]);
    const got = PLACES.map((place) => (can(caller, permission, place) ? 'y' : 'n')).join('');
    expect(got).toBe(EXPECTED[permission][at]);
  });
});

test('grants are judged one by one: an admin of one department who leads a team elsewhere is not admin there', () => {
  const elsewhere = { fieldId: randomUUID(), departmentId: randomUUID(), teamId: randomUUID() };
  const caller = callerWith(GRANTS.dept_admin, { role: 'team_lead', scope_id: elsewhere.teamId });
  expect(can(caller, 'projects.create', elsewhere)).toBe(true);
  expect(can(caller, 'team_quotas.set', elsewhere)).toBe(false);
  expect(scopeOf(caller, 'team_quotas.set')).toEqual({
    everything: false,
    fieldIds: [],
    departmentIds: [DEPARTMENT],
    teamIds: [],
  });
});

test('a grant without a scope reaches nothing, unless it is a center admin’s', () => {
  const caller = callerWith({ role: 'field_admin', scope_id: null });
  expect(PLACES.some((place) => can(caller, 'org.read', place))).toBe(false);
  expect(can(caller, 'org.read', {})).toBe(false);
});

test('the highest grant is center before field before department before team, then the lowest id', () => {
  const [low, high] = ['1', '2'].map((digit): Grant => ({ role: 'team_lead', scope_id: digit.repeat(8) }));
  if (!low || !high) throw new Error('two grants');
  expect(highestGrant([high, low])).toEqual(low);
  expect(highestGrant([low, GRANTS.dept_admin, GRANTS.field_admin])).toEqual(GRANTS.field_admin);
  expect(highestGrant([])).toBeUndefined();
});
