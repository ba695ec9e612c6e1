import { type Level, pathOf, type State } from './model-state.ts';

/** How a call ends: it is done, or refused with a code. */
export type Outcome = string;

export type Role = 'center_admin' | 'field_admin' | 'dept_admin' | 'team_lead';
export type Grant = { role: Role; scope: string | null };

const SCOPE_LEVEL = { field_admin: 'field', dept_admin: 'department', team_lead: 'team' } as const;

/** The table of roles in `domain.md`, its second column downwards. */
export const MAY = {
  'manage centers and fields': ['center_admin'],
  'allocate servers': ['center_admin'],
  'run a sync': ['center_admin'],
  'verify quotas': ['center_admin'],
  'manage departments': ['center_admin', 'field_admin'],
  'set department quotas': ['center_admin', 'field_admin'],
  'manage teams': ['center_admin', 'field_admin', 'dept_admin'],
  'set team quotas': ['center_admin', 'field_admin', 'dept_admin'],
  'work on projects': ['team_lead'],
  'decommission projects': ['center_admin', 'team_lead'],
} as const satisfies Record<string, Role[]>;
export type Act = keyof typeof MAY;

export const MANAGING = {
  center: 'manage centers and fields',
  field: 'manage centers and fields',
  department: 'manage departments',
  team: 'manage teams',
} as const satisfies Record<Level, Act>;

/** Whether any one grant allows an act at a node; `place` is null for what lies nowhere. */
export function may(state: State, grants: Grant[], act: Act, place: string | null): boolean {
  const path = place === null ? [] : pathOf(state, place);
  const roles: readonly Role[] = MAY[act];
  return grants.some(({ role, scope }) => {
    if (!roles.includes(role)) return false;
    if (role === 'center_admin') return true;
    return scope !== null && path.includes(scope) && state.nodes[scope]?.level === SCOPE_LEVEL[role];
  });
}

/** A call by somebody on something: first it must be there, then it must be allowed, then the rule decides. */
export function on(state: State, grants: Grant[], act: Act, place: string, rule: () => Outcome): Outcome {
  if (!state.nodes[place]) return 'NOT_FOUND';
  return may(state, grants, act, place) ? rule() : 'FORBIDDEN';
}

export function done(state: State, action: string): Outcome {
  state.audited[action] = (state.audited[action] ?? 0) + 1;
  return 'done';
}
