import { beginSync, push } from './model-cluster.ts';
import type { Outcome } from './model-roles.ts';
import { entryOf, namespaceOf, type Operation, type Project, type Size, type State } from './model-state.ts';
import { judge, type Verdict } from './model-verdict.ts';

/** An operation as a step has seen it. */
type Seen = { project: string; operation: string };
type Asked = Seen & { isOverdue: boolean };
type Settled = Seen & { as: 'done' | 'failed'; from: Operation['state'][] };

/** Where a step stands when others come between. */
export type At =
  | { step: 'push'; waiting: Seen[] }
  | { step: 'save'; waiting: Seen[]; commit: number }
  | { step: 'look'; asked: Asked[]; unasked: Seen[] }
  | { step: 'settle'; settled: Settled[]; unasked: Seen[]; again: boolean };

/** How far a step has come, or how it ended. */
export type Turn = { at: At } | { outcome: Outcome };

const OVER: Turn = { outcome: 'done' };
/** Minutes that a project has, once Argo CD was asked. */
const TIMEOUT = 5;

const ON_THE_WAY: Operation['state'][] = ['committed', 'syncing'];
const IN_FLIGHT: Operation['state'][] = [...ON_THE_WAY, 'undone'];
const TO_WRITE: Operation['state'][] = ['requested', 'undoing'];

type Open = { key: string; project: Project; operation: Operation };

/** What is under way in these states; of what a step has seen, if that is given. */
function open(state: State, states: Operation['state'][], seen?: Seen[]): Open[] {
  return Object.entries(state.projects).flatMap(([key, project]) => {
    const { operation } = project;
    if (!operation || !states.includes(operation.state)) return [];
    const isSeen = seen?.some((one) => one.project === key && one.operation === operation.id) ?? true;
    return isSeen ? [{ key, project, operation }] : [];
  });
}

const seen = ({ key, operation }: Open): Seen => ({ project: key, operation: operation.id });
const isUndone = ({ state }: Operation): boolean => state === 'undoing' || state === 'undone';
const wanted = (operation: Operation): Size | null => (isUndone(operation) ? operation.before : operation.after);

/** One writer at a time: all that waits becomes one commit. */
export function write(state: State, at: At | undefined): Turn {
  if (at?.step === 'push') return pushAll(state, at.waiting);
  if (at?.step === 'save') return save(state, at.waiting, at.commit);
  const waiting = state.writing ? [] : open(state, TO_WRITE).map(seen);
  if (waiting.length === 0) return OVER;
  state.writing = true;
  return { at: { step: 'push', waiting } };
}

function pushAll(state: State, waiting: Seen[]): Turn {
  if (state.gitIsDown) {
    state.writing = false;
    return OVER;
  }
  const entries = { ...state.cluster.head.entries };
  for (const { project, operation } of open(state, TO_WRITE, waiting)) {
    const size = wanted(operation);
    if (size) entries[namespaceOf(project)] = entryOf(project, size);
    else delete entries[namespaceOf(project)];
  }
  push(state.cluster, entries);
  return { at: { step: 'save', waiting, commit: state.cluster.head.number } };
}

function save(state: State, waiting: Seen[], commit: number): Turn {
  for (const { operation } of open(state, TO_WRITE, waiting)) {
    operation.state = isUndone(operation) ? 'undone' : 'committed';
    Object.assign(operation, { commit, clock: null, halted: false });
  }
  state.writing = false;
  return OVER;
}

/** One look at Argo CD for all that it was asked for, each settled by itself; then it is asked for the rest. */
export function watch(state: State, at: At | undefined): Turn {
  if (at?.step === 'look') return look(state, at);
  if (at?.step === 'settle') return settleNext(state, at);
  const inFlight = open(state, IN_FLIGHT);
  if (inFlight.length === 0) return OVER;
  const asked = inFlight
    .filter(({ operation }) => operation.clock !== null)
    .map((one) => ({ ...seen(one), isOverdue: (one.operation.clock ?? 0) > TIMEOUT }));
  const unasked = inFlight.filter(({ operation }) => operation.clock === null).map(seen);
  if (asked.length > 0) return { at: { step: 'look', asked, unasked } };
  return { at: { step: 'settle', settled: [], unasked, again: false } };
}

/** Nothing fails merely because others are down: the clocks stand still. */
function halt(state: State): Turn {
  for (const { operation } of open(state, IN_FLIGHT)) operation.halted = true;
  return OVER;
}

function look(state: State, { asked, unasked }: { asked: Asked[]; unasked: Seen[] }): Turn {
  if (state.cluster.isDown || state.gitIsDown) return halt(state);
  const judged = open(state, IN_FLIGHT, asked).map((one) => ({ ...one, verdict: verdictOn(state, one) }));
  for (const { operation } of judged) operation.halted = false;
  const settled = judged.flatMap(({ key, operation, verdict, ...one }): Settled[] => {
    const isOverdue = asked.some((a) => a.isOverdue && a.project === key);
    const from = isUndone(operation) ? ['undone' as const] : ON_THE_WAY;
    const as = verdict === 'done' ? 'done' : 'failed';
    const isSettled = verdict === 'done' || (canFail(operation) && (verdict === 'failed' || isOverdue));
    return isSettled ? [{ ...seen({ key, operation, ...one }), as, from }] : [];
  });
  const again = judged.some(
    ({ verdict, operation }) => verdict === 'ask again' || (verdict === 'failed' && !canFail(operation)),
  );
  return { at: { step: 'settle', settled, unasked, again } };
}

/** What removes and what brings back is waited for, however long. */
const canFail = (operation: Operation): boolean => !isUndone(operation) && operation.after !== null;

function verdictOn({ cluster }: State, { project, operation }: Open): Verdict {
  const { before, commit } = operation;
  const change = before === null ? 'to come' : 'to change';
  return judge(cluster, { namespace: namespaceOf(project), commit, is: wanted(operation) === null ? 'to go' : change });
}

function settleNext(state: State, at: Extract<At, { step: 'settle' }>): Turn {
  const [first, ...settled] = at.settled;
  if (!first) return ask(state, at);
  for (const { project, operation } of open(state, first.from, [first])) {
    if (first.as === 'done') finish(project, operation);
    else turnBack(project, operation);
  }
  return { at: { ...at, settled } };
}

/** The quota is given back with the end, never before it. */
function finish(project: Project, operation: Operation): void {
  const size = wanted(operation);
  project.operation = null;
  if (!size) project.status = isUndone(operation) ? 'failed' : 'decommissioned';
  else Object.assign(project, { status: 'active', size, holds: { cpu: size.cpu, ram: size.ram } });
}

/** Its entry is to be as before again; a resize has then not been. */
function turnBack(project: Project, operation: Operation): void {
  operation.state = 'undoing';
  if (operation.before === null) project.status = 'rolling_back';
}

function ask(state: State, { unasked, again }: { unasked: Seen[]; again: boolean }): Turn {
  const { cluster } = state;
  if (cluster.isDown) return unasked.length > 0 ? halt(state) : OVER;
  if (unasked.length === 0) {
    if (again) beginSync(cluster);
    return OVER;
  }
  if (!beginSync(cluster)) return OVER;
  for (const { operation } of open(state, ['committed', 'undone'], unasked)) {
    if (operation.state === 'committed') operation.state = 'syncing';
    Object.assign(operation, { clock: 0, halted: false });
  }
  return OVER;
}

/** Time passes for what Argo CD was asked for, unless something is down. */
export function pass(state: State, minutes: number): void {
  for (const { operation } of open(state, IN_FLIGHT)) {
    if (operation.clock !== null && !operation.halted) operation.clock += minutes;
  }
}

export const isSettled = (state: State): boolean => Object.values(state.projects).every((p) => p.operation === null);
