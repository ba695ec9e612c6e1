import type { LiveChange } from '../platform/live.ts';
import { type Caller, can } from '../platform/policy.ts';
import { type Topic, topic } from './live.schema.ts';

/** What an audited change of each kind of thing makes look different. A kind that is not named may change anything. */
const TOPICS: Partial<Record<string, readonly Topic[]>> = {
  center: ['org'],
  field: ['org', 'servers', 'quotas'],
  department: ['org', 'quotas'],
  team: ['org', 'quotas'],
  project: ['projects', 'quotas'],
  session: [],
  account: [],
};

/** What to read again after a change; everything after the connection was lost. */
export function topicsOf(change: LiveChange): readonly Topic[] {
  if (change.on === 'reconnect') return topic.options;
  if (change.on === 'project_event') return ['projects'];
  return [...(TOPICS[change.target_type] ?? topic.options), 'audit'];
}

/** Whether a change happened in the part of the organisation that the caller may see. */
export function concerns(caller: Pick<Caller, 'grants'>, change: LiveChange): boolean {
  if (change.on === 'reconnect') return true;
  const { field_id: fieldId, department_id: departmentId, team_id: teamId } = change;
  return can(caller, change.on === 'project_event' ? 'projects.read' : 'audit.read', { fieldId, departmentId, teamId });
}
