import { randomUUID } from 'node:crypto';
import type { Procedure } from '../support/doors.ts';
import type { Organisation } from './organisation.ts';

const aName = () => `n-${randomUUID().slice(0, 13)}`;
const quota = (id: string) => ({ id, site: 'haifa', cpu_limit: 100, ram_gb_limit: 400 });
const bronze = { sla_type: 'bronze', performance_tier: 'regular' };

const INPUT: Record<string, (id: string, org: Organisation) => Record<string, unknown>> = {
  'auth.login': () => ({ username: 'nobody', password: 'wrong' }),
  'auth.revokeSessions': () => ({ username: 'nobody' }),
  'org.centers.create': () => ({ name: aName() }),
  'org.fields.create': (center_id) => ({ center_id, name: aName() }),
  'org.departments.create': (field_id) => ({ field_id, name: aName() }),
  'org.teams.create': (department_id) => ({ department_id, name: aName() }),
  ...Object.fromEntries(
    ['centers', 'fields', 'departments', 'teams'].map((level) => [
      `org.${level}.rename`,
      (id: string) => ({ id, name: aName() }),
    ]),
  ),
  'allocations.allocateServers': (id, org) => ({ id, server_ids: [serverOf(id, org)] }),
  'allocations.releaseServers': (id, org) => ({ id, server_ids: [serverOf(id, org)] }),
  'quotas.setDepartment': (id) => ({ ...quota(id), cpu_limit: 200, ram_gb_limit: 800 }),
  'quotas.planDepartment': quota,
  'quotas.setTeam': quota,
  'quotas.planTeam': quota,
  'quotas.explain': (id) => ({ id, site: 'haifa' }),
  'projects.plan': (team_id) => ({ team_id, name: aName(), site: 'haifa', ...bronze }),
  'projects.create': (team_id) => ({ team_id, name: aName(), site: 'haifa', ...bronze }),
  'projects.planResize': (id) => ({ id, ...bronze, sla_type: 'silver' }),
  'projects.resize': (id) => ({ id, ...bronze, sla_type: 'silver' }),
  'reports.history': (id) => ({ level: 'team', id }),
  'admin.mendDrift': () => ({ finding_id: 'none' }),
};

const serverOf = (fieldId: string, { f1, f2, f3 }: Organisation): string =>
  [f1, f2, f3].find(({ id }) => id === fieldId)?.server ?? '';

/**
 * A valid input that names `id`, which is what the procedure acts on or creates below; empty where it names nothing. What
 * is not in the table takes `{ id }`.
 */
export function inputFor({ path, input }: Procedure, id: string, org: Organisation) {
  return input && (INPUT[path]?.(id, org) ?? (id === '' ? {} : { id }));
}
