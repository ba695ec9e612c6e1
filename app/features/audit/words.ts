import type { AuditEvent } from '../../../server/audit/audit.schema.ts';

/** What acts are done on, as the API names them. */
export const TARGET_NAME: Record<string, string> = {
  center: 'Center',
  field: 'Field',
  department: 'Department',
  team: 'Team',
  project: 'Project',
  sync_run: 'Sync run',
  session: 'Session',
  account: 'Account',
};

const ACTION: Record<string, string> = {
  'department_quota.set': 'Set the quota of department',
  'team_quota.set': 'Set the quota of team',
  'quota.repair': 'Repaired the counters of',
  'servers.allocate': 'Allocated servers to',
  'servers.release': 'Released servers of',
  'servers.sync': 'Synced the servers',
  'drift.mend': 'Mended what had drifted of',
  'project.retry': 'Retried project',
  'project.resize': 'Resized project',
  'project.decommission': 'Decommissioned project',
  'project.change_status': 'Changed the state of project',
  'session.sign_in': 'Signed in',
  'session.sign_in_refused': 'Was refused at sign-in',
  'session.sign_in_throttled': 'Was slowed down at sign-in',
  'session.sign_out': 'Signed out',
  'session.revoke_all': 'Ended all sessions of',
};
const VERB: Record<string, string> = { create: 'Created', rename: 'Renamed', delete: 'Deleted' };

/** Acts whose name says it all: on oneself, or on everything. */
const ALONE = new Set(['session.sign_in', 'session.sign_in_refused', 'session.sign_in_throttled', 'session.sign_out']);
const SYNC: Record<string, string> = {
  schedule: 'by schedule',
  manual: 'by hand',
  confirmation: 'after a confirmation',
};

/** An act in words: what was done, to what, and what came of that. */
export function describe({ action, target_name, after }: Act): { act: string; target?: string; outcome?: string } {
  const act = actOf(action);
  if (ALONE.has(action)) return { act };
  if (action === 'servers.sync') return { act: `${act} ${SYNC[target_name] ?? target_name}` };
  if (action === 'project.change_status' && typeof after?.status === 'string') {
    return { act: 'Project', target: target_name, outcome: `is now ${after.status.replaceAll('_', ' ')}` };
  }
  return { act, target: target_name };
}

type Act = Pick<AuditEvent, 'action' | 'target_name' | 'after'>;

function actOf(action: string): string {
  const [noun = '', verb = ''] = action.split('.');
  return ACTION[action] ?? `${VERB[verb] ?? verb.replaceAll('_', ' ')} ${noun.replaceAll('_', ' ')}`;
}
