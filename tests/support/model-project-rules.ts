import { type Act, done, type Grant, type Outcome, on } from './model-roles.ts';
import {
  type Amount,
  fits,
  NOTHING,
  type Project,
  quotaKey,
  type Size,
  type State,
  sum,
  usedBy,
} from './model-state.ts';

/** Whether a team has so much left at a site. */
function hasLeft(state: State, team: string, site: string, more: Amount): boolean {
  const limit = state.teamQuotas[quotaKey(team, site)] ?? NOTHING;
  return fits(sum([usedBy(state, team, site), more]), limit);
}

const amountOf = ({ cpu, ram }: Amount): Amount => ({ cpu, ram });

/** Begins what is to be brought about outside. */
function begin(project: Project, status: Project['status'], change: { before: Size | null; after: Size | null }): void {
  project.status = status;
  const id = String(project.operations++);
  project.operation = { id, state: 'requested', ...change, commit: 0, clock: null, halted: false };
}

type NewProject = { team: string; name: string; site: string; size: Size };

/** With a key of the caller's it is done once, and answered again as often as it is asked for. */
export function createProject(
  state: State,
  grants: Grant[],
  key: string,
  wanted: NewProject,
  onceKey: string | undefined,
): Outcome {
  return on(state, grants, 'work on projects', wanted.team, () => {
    if (onceKey === undefined) return create(state, key, wanted);
    const of = `${grants[0]?.role} ${onceKey}`;
    const input = JSON.stringify(wanted);
    const before = state.doneOnce[of];
    if (before !== undefined) return before === input ? 'done' : 'IDEMPOTENCY_CONFLICT';
    const outcome = create(state, key, wanted);
    if (outcome === 'done') state.doneOnce[of] = input;
    return outcome;
  });
}

function create(state: State, key: string, wanted: NewProject): Outcome {
  const { team, name, site, size } = wanted;
  if (!hasLeft(state, team, site, size)) return 'QUOTA_EXCEEDED';
  const namesakes = Object.values(state.projects).filter((p) => p.team === team && p.name === name);
  if (namesakes.some((p) => p.status !== 'decommissioned')) return 'CONFLICT';
  const holds = amountOf(size);
  const project: Project = { ...wanted, status: 'provisioning', holds, operation: null, operations: 0 };
  begin(project, 'provisioning', { before: null, after: size });
  state.projects[key] = project;
  return done(state, 'project.create');
}

function onProject(state: State, grants: Grant[], act: Act, key: string, rule: (p: Project) => Outcome): Outcome {
  const project = state.projects[key];
  return project ? on(state, grants, act, project.team, () => rule(project)) : 'NOT_FOUND';
}

export function retry(state: State, grants: Grant[], key: string): Outcome {
  return onProject(state, grants, 'work on projects', key, (project) => {
    if (project.status !== 'failed') return 'INVALID_STATE';
    if (!hasLeft(state, project.team, project.site, project.size)) return 'QUOTA_EXCEEDED';
    begin(project, 'provisioning', { before: null, after: project.size });
    return done(state, 'project.retry');
  });
}

/** The larger of both sizes is held until the new one is confirmed. */
export function resize(state: State, grants: Grant[], key: string, after: Size): Outcome {
  return onProject(state, grants, 'work on projects', key, (project) => {
    const { size: before, status, team, site } = project;
    if (status !== 'active' || (before.sla === after.sla && before.tier === after.tier)) return 'INVALID_STATE';
    const larger = { cpu: Math.max(before.cpu, after.cpu), ram: Math.max(before.ram, after.ram) };
    if (!hasLeft(state, team, site, { cpu: larger.cpu - before.cpu, ram: larger.ram - before.ram })) {
      return 'QUOTA_EXCEEDED';
    }
    project.holds = larger;
    begin(project, 'updating', { before, after });
    return done(state, 'project.resize');
  });
}

/** Of a failed project nothing is left, so that it is gone at once; an active one holds its quota until it is. */
export function decommission(state: State, grants: Grant[], key: string): Outcome {
  return onProject(state, grants, 'decommission projects', key, (project) => {
    if (project.status === 'failed') project.status = 'decommissioned';
    else if (project.status === 'active') begin(project, 'decommissioning', { before: project.size, after: null });
    else return 'INVALID_STATE';
    return done(state, 'project.decommission');
  });
}
