import fc from 'fast-check';
import type { Plan } from './model-calls.ts';
import { befall, type Mishap } from './model-cluster.ts';
import { anything, contested, onProjects, SYNC } from './model-plans.ts';
import { WATCH, WRITE } from './model-project-plans.ts';
import { carryOut, command, goOn, happen, type ModelCommand, timePasses } from './model-run.ts';
import { type Machine, namespaceOf, SITES, type State } from './model-state.ts';

const alone = anything.map((plan) => command(plan.label, (model, world) => carryOut(model, world, [plan])));

/** What a sync changes between the two looks of a release is nobody's order, and harms nobody: the release is refused. */
function compatible(plans: Plan[]): Plan[] {
  const first = plans.findIndex((plan) => plan.label === 'sync servers');
  const isInTheWay = ({ label }: Plan) => label === 'sync servers' || label === 'release servers';
  return first === -1 ? plans : plans.filter((plan, i) => i === first || !isInTheWay(plan));
}

/** The same call twice at once, as by an impatient click. */
const twice = anything.map((plan) =>
  command(`(${plan.label} twice)`, (model, world) => carryOut(model, world, compatible([plan, plan]))),
);

const together = (plan: fc.Arbitrary<Plan>) =>
  fc
    .record({ plans: fc.array(plan, { minLength: 2, maxLength: 4 }), focus: fc.nat(5) })
    .map(({ plans: all, focus }) => {
      const plans = compatible(all);
      const label = plans.map((plan) => plan.label).join(' | ');
      return command(`(${label})`, (model, world) => carryOut(model, world, plans, focus));
    });

type Happening = Parameters<typeof happen>[3];
const event = (title: string, what: Happening): ModelCommand =>
  command(title, async (model, world) => happen(model, world, title, what));

/** Mostly it ends soon. */
const isOn = fc.constantFrom(true, false, false);

const syncEnds = event('the sync ends', ({ cluster }) => befall(cluster, { kind: 'the sync ends' }));

const clusterEvent = fc
  .record({ kind: fc.constantFrom('syncs fail', 'nothing is pruned', 'argo is down', 'comparison is stuck'), on: isOn })
  .map((mishap: Mishap & { on: boolean }) =>
    event(`${mishap.kind}: ${mishap.on}`, ({ cluster }) => befall(cluster, mishap)),
  );

/** Mostly of what came last, which is still on its way. */
const namespaceEvent = fc
  .record({ kind: fc.constantFrom('degraded', 'refused', 'well again'), n: fc.nat(4) })
  .map(({ kind, n }) =>
    command(`a namespace is ${kind}`, async (model, world) => {
      const projects = Object.values(model.state.projects).filter((p) => p.status !== 'decommissioned');
      const project = projects.at(-1 - (n % Math.max(1, projects.length)));
      if (!project) return;
      const namespace = namespaceOf(project);
      befall(model.state.cluster, { kind, namespace });
      befall(world.outside.cluster, { kind, namespace: world.namespace(namespace) });
      model.story.push(`namespace ${namespace} is ${kind}`);
    }),
  );

const gitEvent = isOn.map((on) =>
  event(`Git is down: ${on}`, (outside) => {
    outside.gitIsDown = on;
  }),
);

/** One is down for long, then perhaps the other: what Argo CD was asked for before does not fail by it. */
const outage = fc.uniqueArray(fc.constantFrom('Git', 'Argo CD'), { minLength: 1 }).map((downs) =>
  command(`${downs.join(' and then ')} down for long`, async (model, world) => {
    await carryOut(model, world, [WRITE]);
    await carryOut(model, world, [WATCH]);
    for (const down of [...downs, 'nothing']) {
      happen(model, world, `${down} is down`, (outside) => {
        outside.gitIsDown = down === 'Git';
        outside.cluster.isDown = down === 'Argo CD';
      });
      await carryOut(model, world, [WATCH]);
      if (down !== 'nothing') await timePasses(model, world, 6);
    }
  }),
);

/** Something is asked for just when a thing outside does not work, and it goes on as far as it can meanwhile. */
const inTrouble = fc
  .record({
    plan: onProjects,
    kind: fc.constantFrom('syncs fail', 'nothing is pruned', 'argo is down', 'comparison is stuck'),
  })
  .map(({ plan, kind }) =>
    command(`${plan.label} while ${kind}`, async (model, world) => {
      const turn = (on: boolean) =>
        happen(model, world, `${kind}: ${on}`, ({ cluster }) => befall(cluster, { kind, on }));
      turn(true);
      await carryOut(model, world, [plan]);
      await goOn(model, world);
      turn(false);
    }),
  );

const size = fc.record({ cpu: fc.integer({ min: 1, max: 40 }), ram: fc.integer({ min: 1, max: 160 }) });
const machine: fc.Arbitrary<Machine> = fc.record({ site: fc.constantFrom(...SITES), size });
const machineName = fc.integer({ min: 1, max: 9 }).map((n) => `s${n}`);

/** A change of the fleet, which a sync mostly takes over at once. */
const inFleet = (changes: fc.Arbitrary<{ title: string; what: Happening }>) =>
  fc
    .record({ change: changes, isSynced: fc.constantFrom(true, true, false) })
    .map(({ change: { title, what }, isSynced }) =>
      command(title, async (model, world) => {
        happen(model, world, title, what);
        if (isSynced) await carryOut(model, world, [SYNC]);
      }),
    );

const serverChanges = inFleet(
  fc.record({ name: machineName, machine }).map(({ name, machine: { site, size } }) => ({
    title: `${name} has ${size.cpu} cores, ${size.ram} GiB at ${site}`,
    what: ({ inventory }) => {
      inventory.machines[name] = { site, size };
    },
  })),
);

const serverVanishes = inFleet(
  machineName.map((name) => ({
    title: `${name} vanishes`,
    what: ({ inventory }) => {
      delete inventory.machines[name];
    },
  })),
);

const inventoryAnswers = fc
  .constantFrom<State['inventory']['answers'][]>('all', 'all', 'nothing', 'an error')
  .map((answers) =>
    event(`the inventory answers ${answers}`, ({ inventory }) => {
      inventory.answers = answers;
    }),
  );

const time = fc
  .constantFrom(3, 6)
  .map((minutes) => command(`${minutes} minutes pass`, (model, world) => timePasses(model, world, minutes)));

/** A second replica does the same where the first is taken for dead and is not. */
const goingOn = fc
  .constantFrom(1, 2)
  .map((replicas) => command(`${replicas} go on with everything`, (model, world) => goOn(model, world, replicas)));

/** Everything that can happen, as often as it is worth. */
export const anyCommand: fc.Arbitrary<ModelCommand> = fc.oneof(
  { weight: 30, arbitrary: alone },
  { weight: 8, arbitrary: together(anything) },
  { weight: 3, arbitrary: twice },
  ...contested.map((plan) => ({ weight: 3, arbitrary: together(plan) })),
  { weight: 8, arbitrary: goingOn },
  { weight: 4, arbitrary: fc.constant(syncEnds) },
  { weight: 2, arbitrary: clusterEvent },
  { weight: 5, arbitrary: namespaceEvent },
  { weight: 2, arbitrary: gitEvent },
  { weight: 1, arbitrary: outage },
  { weight: 4, arbitrary: inTrouble },
  { weight: 1, arbitrary: serverChanges },
  { weight: 2, arbitrary: serverVanishes },
  { weight: 1, arbitrary: inventoryAnswers },
  { weight: 2, arbitrary: time },
);
