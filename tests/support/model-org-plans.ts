import fc from 'fast-check';
import type { Caller } from '../../server/platform/policy.ts';
import { deed, grantsOf, nodesAt, type Plan, pick, ref, who } from './model-calls.ts';
import { MANAGING } from './model-roles.ts';
import * as rules from './model-rules.ts';
import { LEVELS, type Level } from './model-state.ts';
import type { World } from './model-world.ts';

const level = fc.constantFrom(...LEVELS);
const name = fc.constantFrom('amber', 'birch', 'cedar');
const ABOVE = { field: 'center', department: 'field', team: 'department' } as const;
const SERVICE = { center: 'centers', field: 'fields', department: 'departments', team: 'teams' } as const;

/** Creates a node, which each level has a procedure of its own for. */
async function create(world: World, caller: Caller, at: Level, parent: string, name: string) {
  const { centers, fields, departments, teams } = world.services.org;
  const id = world.id(parent);
  if (at === 'center') return centers.create(caller, { name });
  if (at === 'field') return fields.create(caller, { name, center_id: id });
  if (at === 'department') return departments.create(caller, { name, field_id: id });
  return teams.create(caller, { name, department_id: id });
}

export const createNode = fc.record({ who, level, parent: ref, name }).map(
  ({ who, level, parent: at, name }): Plan => ({
    label: `create ${level}`,
    aim(state, key, focus) {
      const parent = level === 'center' ? null : pick(state, nodesAt(state, ABOVE[level]), at, focus);
      const grants = grantsOf(state, who, MANAGING[level], parent ?? '');
      return deed({
        title: `create ${level} ${key} “${name}” in ${parent ?? 'the organisation'}`,
        grants,
        decide: (s) => rules.createNode(s, grants, key, { level, parent, name }),
        perform: async (world, caller) => {
          const { id } = await create(world, caller, level, parent ?? '', name);
          world.made(key, id);
        },
      });
    },
  }),
);

export const renameNode = fc.record({ who, level, at: ref, name }).map(
  ({ who, level, at, name }): Plan => ({
    label: `rename ${level}`,
    aim(state, _, focus) {
      const key = pick(state, nodesAt(state, level), at, focus);
      const grants = grantsOf(state, who, MANAGING[level], key);
      return deed({
        title: `rename ${level} ${key} to “${name}”`,
        grants,
        decide: (s) => rules.renameNode(s, grants, level, key, name),
        perform: (world, caller) => world.services.org[SERVICE[level]].rename(caller, { id: world.id(key), name }),
      });
    },
  }),
);

/** Mostly of what came last, which has had the least time to fill. */
export const deleteNode = fc.record({ who, level, at: ref, isLast: fc.boolean() }).map(
  ({ who, level, at, isLast }): Plan => ({
    label: `delete ${level}`,
    aim(state, _, focus) {
      const key = pick(state, nodesAt(state, level).slice(isLast ? -1 : 0), at, focus);
      const grants = grantsOf(state, who, MANAGING[level], key);
      return deed({
        title: `delete ${level} ${key}`,
        grants,
        decide: (s) => rules.deleteNode(s, grants, level, key),
        perform: (world, caller) => world.services.org[SERVICE[level]].delete(caller, world.id(key)),
      });
    },
  }),
);

const MOVES = { allocate: rules.allocate, release: rules.release } as const;

export const moveServers = (verb: keyof typeof MOVES) =>
  fc.record({ who, field: ref, servers: fc.uniqueArray(ref, { minLength: 1, maxLength: 3 }), isApt: fc.boolean() }).map(
    ({ who, field: at, servers, isApt }): Plan => ({
      label: `${verb} servers`,
      aim(state, _, focus) {
        const field = pick(state, nodesAt(state, 'field'), at, focus);
        const holder = verb === 'allocate' ? null : field;
        const apt = Object.keys(state.servers).filter((name) => !isApt || state.servers[name]?.field === holder);
        const names = [...new Set(servers.map((one) => pick(state, apt, one, focus)))];
        const grants = grantsOf(state, who, 'allocate servers', field);
        return deed({
          title: `${verb} ${names.join(', ')} ${verb === 'allocate' ? 'to' : 'from'} ${field}`,
          grants,
          decide: (s) => MOVES[verb](s, grants, field, names),
          perform: (world, caller) =>
            world.services.allocations[verb](caller, { id: world.id(field), server_ids: names.map(world.id) }),
        });
      },
    }),
  );
