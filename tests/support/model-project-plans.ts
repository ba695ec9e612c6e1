import fc from 'fast-check';
import { deed, grantsOf, nodesAt, outcomeOf, type Plan, pick, type Ref, ref, site, who } from './model-calls.ts';
import * as rules from './model-project-rules.ts';
import { watch, write } from './model-provisioning.ts';
import type { Act } from './model-roles.ts';
import { namespaceOf, type Project, type Sla, type State, sizeOf, type Tier } from './model-state.ts';
import type { World } from './model-world.ts';

/** The last two differ only where a namespace has no room left. */
const name = fc.constantFrom('api', 'web', 'jobs', 'x', 'the-same-long-beginning-of-a', 'the-same-long-beginning-of-b');
const size = fc
  .tuple(
    fc.constantFrom<Sla[]>('bronze', 'bronze', 'bronze', 'silver', 'gold'),
    fc.constantFrom<Tier[]>('regular', 'regular', 'high_performance'),
  )
  .map(([sla, tier]) => sizeOf(sla, tier));

/** Some calls say which they are, so that they may be repeated; a few say so of two different ones. */
const onceKey = fc.constantFrom(undefined, undefined, 'one', 'two');

export const createProject = fc.record({ who, team: ref, name, site, size, onceKey }).map(
  ({ who, team: at, name, site, size, onceKey }): Plan => ({
    label: 'create project',
    aim(state, key, focus) {
      const team = pick(state, nodesAt(state, 'team'), at, focus);
      const grants = grantsOf(state, who, 'work on projects', team);
      return deed({
        title: `create project ${key} “${name}” of ${team} at ${site}, ${size.sla} ${size.tier} (${onceKey ?? 'no key'})`,
        grants,
        decide: (s) => rules.createProject(s, grants, key, { team, name, site, size }, onceKey),
        perform: async (world, caller) => {
          const what = { sla_type: size.sla, performance_tier: size.tier };
          const input = { team_id: world.id(team), name, site, ...what };
          const project = await world.services.projects.create(caller, input, onceKey);
          world.made(key, project.id);
          world.named(project.namespace_name, namespaceOf({ team, name }));
        },
      });
    },
  }),
);

/** A project, for choice one that is where the act begins. */
function pickProject(state: State, at: Ref, focus: number, isFit: (project: Project) => boolean): string {
  const all = Object.keys(state.projects);
  const fit = all.filter((key) => {
    const project = state.projects[key];
    return project !== undefined && isFit(project);
  });
  return pick(state, at.n % 4 > 0 && fit.length > 0 ? fit : all, at, focus);
}

const RULES = { retry: rules.retry, decommission: rules.decommission } as const;

type OnProject = { act: Act; from: Project['status'][]; procedure: keyof typeof RULES };

const onProject = ({ act, from, procedure }: OnProject) =>
  fc.record({ who, at: ref }).map(
    ({ who, at }): Plan => ({
      label: `${procedure} project`,
      aim(state, _, focus) {
        const key = pickProject(state, at, focus, ({ status }) => from.includes(status));
        const grants = grantsOf(state, who, act, state.projects[key]?.team ?? '');
        return deed({
          title: `${procedure} project ${key}`,
          grants,
          decide: (s) => RULES[procedure](s, grants, key),
          perform: (world, caller) => world.services.projects[procedure](caller, world.id(key)),
        });
      },
    }),
  );

export const resizeProject = fc.record({ who, at: ref, size }).map(
  ({ who, at, size }): Plan => ({
    label: 'resize project',
    aim(state, _, focus) {
      const key = pickProject(state, at, focus, ({ status }) => status === 'active');
      const grants = grantsOf(state, who, 'work on projects', state.projects[key]?.team ?? '');
      return deed({
        title: `resize project ${key} to ${size.sla} ${size.tier}`,
        grants,
        decide: (s) => rules.resize(s, grants, key, size),
        perform: (world, caller) => {
          const what = { sla_type: size.sla, performance_tier: size.tier };
          return world.services.projects.resize(caller, { id: world.id(key), ...what });
        },
      });
    },
  }),
);

export const retryProject = onProject({ act: 'work on projects', from: ['failed'], procedure: 'retry' });
export const decommissionProject = onProject({
  act: 'decommission projects',
  from: ['active', 'failed'],
  procedure: 'decommission',
});
/** A step of provisioning, which nobody in particular takes. */
const step = (title: string, perform: (world: World) => Promise<void>, decide: typeof write): Plan => ({
  label: title,
  aim: () => ({ title, perform: (world) => outcomeOf(perform(world).then(() => 'done')), step: decide }),
});

export const WRITE = step('the writer writes', (world) => world.write(), write);
export const WATCH = step('the watcher looks', (world) => world.watch(), watch);
