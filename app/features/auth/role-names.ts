import type { Role } from '../../../server/platform/policy.ts';

export const ROLE_NAME = {
  center_admin: 'Center admin',
  field_admin: 'Field admin',
  dept_admin: 'Department admin',
  team_lead: 'Team lead',
} as const satisfies Record<Role, string>;
