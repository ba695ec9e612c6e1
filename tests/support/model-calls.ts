import fc from 'fast-check';
import { InfraHubError } from '../../server/platform/errors.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { callerWith } from '../factories/caller.ts';
import type { At, Turn } from './model-provisioning.ts';
import { type Act, type Grant, MAY, type Outcome, type Role } from './model-roles.ts';
import { above, type Level, SITES, type State } from './model-state.ts';
import type { World } from './model-world.ts';

/** A call on the product, and what the model makes of it: one atomic step after the other. */
export type Call = {
  title: string;
  perform(world: World): Promise<Outcome>;
  step(state: State, at: At | undefined): Turn;
};

/**
 * A call that is still to be aimed, at what there is when its turn comes. `key` is the model's name for what it may
 * create; calls that are made at the same time may share a `focus`, which has them meet.
 */
export type Plan = { label: string; aim(state: State, key: string, focus: number): Call };

const rarely = (times: number): fc.Arbitrary<boolean> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });
const mostly = (times: number): fc.Arbitrary<boolean> => rarely(times).map((is) => !is);

/** Something that is meant: the n-th of what there is, or once in a while what is gone or never was. */
export type Ref = { n: number; isStray: boolean };
/** Mostly what was there from the beginning, since that has quotas. */
const n = fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(11) });
export const ref: fc.Arbitrary<Ref> = fc.record({ n, isStray: rarely(20) });

export const site = fc.constantFrom(...SITES);

const NOWHERE = 'nowhere';

export function pick(state: State, among: string[], { n, isStray }: Ref, focus: number): string {
  const keys = isStray || among.length === 0 ? [...state.gone, NOWHERE] : among;
  return keys[(n + focus) % keys.length] ?? NOWHERE;
}

export const nodesAt = (state: State, level: Level): string[] =>
  Object.entries(state.nodes).flatMap(([key, node]) => (node.level === level ? [key] : []));

/** Somebody: mostly one of those who may, otherwise anybody, with one or two grants. */
export type Who = { isEntitled: boolean; n: number; others: { role: Role; at: Ref }[] };
const role = fc.constantFrom<Role[]>('center_admin', 'field_admin', 'dept_admin', 'team_lead');
export const who: fc.Arbitrary<Who> = fc.record({
  isEntitled: mostly(5),
  n: fc.nat(3),
  others: fc.array(fc.record({ role, at: ref }), { minLength: 1, maxLength: 2 }),
});

const LEVEL_OF = { center_admin: 'center', field_admin: 'field', dept_admin: 'department', team_lead: 'team' } as const;

const grant = (of: Role, scope: string): Grant => ({ role: of, scope: of === 'center_admin' ? null : scope });

/** The grants of somebody who asks for an act at a place. */
export function grantsOf(state: State, { isEntitled, n, others }: Who, act: Act, place: string): Grant[] {
  const entitled: readonly Role[] = MAY[act];
  const of = entitled[n % entitled.length];
  if (isEntitled && of) return [grant(of, above(state, place, LEVEL_OF[of]) || NOWHERE)];
  return others.map((other) => grant(other.role, pick(state, nodesAt(state, LEVEL_OF[other.role]), other.at, 0)));
}

const said = (grants: Grant[]): string =>
  grants.map((g) => (g.scope === null ? g.role : `${g.role} ${g.scope}`)).join(' + ');

function callerFor(world: World, grants: Grant[]): Caller {
  return callerWith(...grants.map((g) => ({ role: g.role, scope_id: g.scope === null ? null : world.id(g.scope) })));
}

type Deed<T> = {
  title: string;
  grants: Grant[];
  perform(world: World, caller: Caller): Promise<T>;
  decide(state: State): Outcome;
  /** How it ended, where there is more to say than that it is done. */
  outcome?(result: T): Outcome;
};

/** A call of a procedure by somebody, which is done or refused in one step. */
export const deed = <T>({ title, grants, perform, decide, outcome = () => 'done' }: Deed<T>): Call => ({
  title: `${title} as ${said(grants)}`,
  perform: (world) => outcomeOf(perform(world, callerFor(world, grants)).then(outcome)),
  step: (state) => ({ outcome: decide(state) }),
});

/** How an attempt ended: its own word, the code of its refusal, or the error that should not have been. */
export const outcomeOf = (attempt: Promise<Outcome>): Promise<Outcome> =>
  attempt.catch((error: unknown) => {
    if (error instanceof InfraHubError) return error.code;
    return error instanceof Error ? `${error.stack} ${error.cause ?? ''}` : String(error);
  });

/** One of several, each as often as it is worth. */
export const oftenest = (plans: [number, fc.Arbitrary<Plan>][]): fc.Arbitrary<Plan> =>
  fc.oneof(...plans.map(([weight, arbitrary]) => ({ weight, arbitrary })));
