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

/** An act in words that its target's name completes: "Created team", "Set the quota of team". */
export function describeAction(action: string): string {
  const [noun = '', verb = ''] = action.split('.');
  return ACTION[action] ?? `${VERB[verb] ?? verb.replaceAll('_', ' ')} ${noun.replaceAll('_', ' ')}`;
}
