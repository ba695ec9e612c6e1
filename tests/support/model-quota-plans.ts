import fc from 'fast-check';
import { deed, grantsOf, nodesAt, type Plan, pick, ref, site, who } from './model-calls.ts';
import { setDepartmentQuota, setTeamQuota } from './model-rules.ts';
import {
  type Amount,
  above,
  capacityOf,
  givenBy,
  grantedBy,
  NOTHING,
  quotaKey,
  type Resource,
  type State,
  usedBy,
} from './model-state.ts';

/** A limit near to where it matters: all that there is to give, no more than is held, as it was, or any. */
type Move = { to: 'the most' | 'the least' | 'the same' | 'any'; by: number; any: number };
const move: fc.Arbitrary<Move> = fc.record({
  to: fc.constantFrom<Move['to'][]>('the most', 'the most', 'the same', 'the least', 'any'),
  by: fc.constantFrom(-1, 0, 0, 1),
  any: fc.nat(40),
});

type Bounds = { now: Amount; most: Amount; least: Amount };

function moved(moves: Record<Resource, Move>, { now, most, least }: Bounds): Amount {
  const at = (r: Resource): number => {
    const { to, by, any } = moves[r];
    if (to === 'any') return any;
    if (to === 'the same') return now[r];
    return Math.max(0, (to === 'the most' ? most : least)[r] + by);
  };
  return { cpu: at('cpu'), ram: at('ram') };
}

const roomFor = (now: Amount, all: Amount, given: Amount): Amount => ({
  cpu: now.cpu + Math.max(0, all.cpu - given.cpu),
  ram: now.ram + Math.max(0, all.ram - given.ram),
});

function boundsOfDepartment(state: State, department: string, site: string): Bounds {
  const field = above(state, department, 'field');
  const now = state.departmentQuotas[quotaKey(department, site)] ?? NOTHING;
  const most = roomFor(now, capacityOf(state, field, site, 'online'), grantedBy(state, field, site));
  return { now, most, least: givenBy(state, department, site) };
}

function boundsOfTeam(state: State, team: string, site: string): Bounds {
  const department = above(state, team, 'department');
  const now = state.teamQuotas[quotaKey(team, site)] ?? NOTHING;
  const parent = state.departmentQuotas[quotaKey(department, site)] ?? NOTHING;
  return { now, most: roomFor(now, parent, givenBy(state, department, site)), least: usedBy(state, team, site) };
}

const LIMITS = {
  department: {
    bounds: boundsOfDepartment,
    act: 'set department quotas',
    rule: setDepartmentQuota,
    procedure: 'setDepartment',
  },
  team: { bounds: boundsOfTeam, act: 'set team quotas', rule: setTeamQuota, procedure: 'setTeam' },
} as const;

export const setQuota = (of: keyof typeof LIMITS) =>
  fc.record({ who, at: ref, site, moves: fc.record({ cpu: move, ram: move }) }).map(
    ({ who, at, site, moves }): Plan => ({
      label: `set ${of} quota`,
      aim(state, _, focus) {
        const { bounds, act, rule, procedure } = LIMITS[of];
        const owner = pick(state, nodesAt(state, of), at, focus);
        const limit = moved(moves, bounds(state, owner, site));
        const grants = grantsOf(state, who, act, owner);
        return deed({
          title: `set quota of ${owner} at ${site} to ${limit.cpu} cores, ${limit.ram} GiB`,
          grants,
          decide: (s) => rule(s, grants, { owner, site, limit }),
          perform: (world, caller): Promise<unknown> => {
            const limits = { cpu_limit: limit.cpu, ram_gb_limit: limit.ram };
            return world.services.quotas[procedure](caller, { id: world.id(owner), site, ...limits });
          },
        });
      },
    }),
  );
