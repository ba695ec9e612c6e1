import { done, type Grant, MANAGING, may, type Outcome, on } from './model-roles.ts';
import {
  type Amount,
  above,
  capacityOf,
  childrenOf,
  fits,
  givenBy,
  grantedBy,
  type Level,
  NOTHING,
  type OrgNode,
  quotaKey,
  RESOURCES,
  type State,
  usedBy,
} from './model-state.ts';

const isTaken = (state: State, { level, parent, name }: OrgNode, except?: string): boolean =>
  Object.entries(state.nodes).some(
    ([key, n]) => key !== except && n.level === level && n.parent === parent && n.name === name,
  );

export function createNode(state: State, grants: Grant[], key: string, node: OrgNode): Outcome {
  const rule = () => {
    if (isTaken(state, node)) return 'CONFLICT';
    state.nodes[key] = node;
    return done(state, `${node.level}.create`);
  };
  if (node.parent !== null) return on(state, grants, MANAGING[node.level], node.parent, rule);
  return may(state, grants, MANAGING.center, null) ? rule() : 'FORBIDDEN';
}

export function renameNode(state: State, grants: Grant[], level: Level, key: string, name: string): Outcome {
  return on(state, grants, MANAGING[level], key, () => {
    const node = state.nodes[key];
    if (!node || isTaken(state, { ...node, name }, key)) return 'CONFLICT';
    state.nodes[key] = { ...node, name };
    return done(state, `${level}.rename`);
  });
}

/** What still has children, servers, quota or living projects stays. */
export function deleteNode(state: State, grants: Grant[], level: Level, key: string): Outcome {
  return on(state, grants, MANAGING[level], key, () => {
    const own = Object.entries(state.projects).filter(([, p]) => p.team === key);
    const isGiven = (quotas: State['teamQuotas']) =>
      Object.entries(quotas).some(([of, limit]) => of.startsWith(`${key} `) && (limit.cpu > 0 || limit.ram > 0));
    const inTheWay =
      childrenOf(state, key).length > 0 ||
      Object.values(state.servers).some((server) => server.field === key) ||
      isGiven(state.departmentQuotas) ||
      isGiven(state.teamQuotas) ||
      own.some(([, project]) => project.status !== 'decommissioned');
    if (inTheWay) return 'CONFLICT';
    for (const [project] of own) delete state.projects[project];
    for (const quotas of [state.departmentQuotas, state.teamQuotas]) {
      for (const of of Object.keys(quotas)) if (of.startsWith(`${key} `)) delete quotas[of];
    }
    delete state.nodes[key];
    state.gone.push(key, ...own.map(([project]) => project));
    return done(state, `${level}.delete`);
  });
}

export function allocate(state: State, grants: Grant[], field: string, names: string[]): Outcome {
  return on(state, grants, 'allocate servers', field, () => {
    const chosen = names.map((name) => state.servers[name]);
    if (chosen.some((server) => server === undefined)) return 'NOT_FOUND';
    if (chosen.some((server) => server?.field !== null)) return 'CONFLICT';
    for (const server of chosen) if (server) server.field = field;
    return done(state, 'servers.allocate');
  });
}

/** Online servers go if the grants then fit what is online; offline ones, if they fit the capacity. */
export function release(state: State, grants: Grant[], field: string, names: string[]): Outcome {
  return on(state, grants, 'allocate servers', field, () => {
    const chosen = names.flatMap((name) => state.servers[name] ?? []);
    if (chosen.length < names.length) return 'NOT_FOUND';
    if (chosen.some((server) => server.field !== field)) return 'CONFLICT';
    for (const server of chosen) server.field = null;
    const isShort = [...new Set(chosen.map((server) => server.site))].some((site) => {
      const counted = chosen.some((server) => server.site === site && server.online) ? 'online' : 'all';
      return !fits(grantedBy(state, field, site), capacityOf(state, field, site, counted));
    });
    if (!isShort) return done(state, 'servers.release');
    for (const server of chosen) server.field = field;
    return 'QUOTA_EXCEEDED';
  });
}

type Limit = { owner: string; site: string; limit: Amount };

/** A quota of 0 where there is none changes nothing, and is not audited. */
const staysNone = (quotas: State['teamQuotas'], { owner, site, limit }: Limit): boolean =>
  !(quotaKey(owner, site) in quotas) && RESOURCES.every((r) => limit[r] === 0);

export function setDepartmentQuota(state: State, grants: Grant[], { owner, site, limit }: Limit): Outcome {
  return on(state, grants, 'set department quotas', owner, () => {
    const field = above(state, owner, 'field');
    const from = state.departmentQuotas[quotaKey(owner, site)] ?? NOTHING;
    const granted = grantedBy(state, field, site);
    const online = capacityOf(state, field, site, 'online');
    const given = givenBy(state, owner, site);
    const isRefused = RESOURCES.some((r) => {
      const raise = limit[r] - from[r];
      return (raise > 0 && granted[r] + raise > online[r]) || limit[r] < given[r];
    });
    if (isRefused) return 'QUOTA_EXCEEDED';
    if (staysNone(state.departmentQuotas, { owner, site, limit })) return 'done';
    state.departmentQuotas[quotaKey(owner, site)] = limit;
    return done(state, 'department_quota.set');
  });
}

export function setTeamQuota(state: State, grants: Grant[], { owner, site, limit }: Limit): Outcome {
  return on(state, grants, 'set team quotas', owner, () => {
    const department = above(state, owner, 'department');
    const field = above(state, owner, 'field');
    const from = state.teamQuotas[quotaKey(owner, site)] ?? NOTHING;
    const parent = state.departmentQuotas[quotaKey(department, site)] ?? NOTHING;
    const given = givenBy(state, department, site);
    const [granted, online] = [grantedBy(state, field, site), capacityOf(state, field, site, 'online')];
    const used = usedBy(state, owner, site);
    const isRefused = RESOURCES.some((r) => {
      const raise = limit[r] - from[r];
      return (raise > 0 && (given[r] + raise > parent[r] || granted[r] > online[r])) || limit[r] < used[r];
    });
    if (isRefused) return 'QUOTA_EXCEEDED';
    if (staysNone(state.teamQuotas, { owner, site, limit })) return 'done';
    state.teamQuotas[quotaKey(owner, site)] = limit;
    return done(state, 'team_quota.set');
  });
}

/** Facts are taken over as they are, even where grants rest on what is no longer there. */
export function sync(state: State, grants: Grant[]): Outcome {
  if (!may(state, grants, 'run a sync', null)) return 'FORBIDDEN';
  done(state, 'servers.sync');
  const { machines, answers } = state.inventory;
  if (answers !== 'all' || Object.keys(machines).length === 0) return 'UPSTREAM_FAILED';
  for (const [name, machine] of Object.entries(machines)) {
    state.servers[name] = { ...machine, online: true, field: state.servers[name]?.field ?? null };
  }
  for (const [name, server] of Object.entries(state.servers)) if (!machines[name]) server.online = false;
  return 'succeeded';
}

/** Nothing ever differs, so that there is never anything to repair. */
export const verify = (state: State, grants: Grant[]): Outcome =>
  may(state, grants, 'verify quotas', null) ? 'done' : 'FORBIDDEN';

/** Where facts have left a field with less than it has granted, counting what is offline as well. */
export function shrunkFields(state: State): string[] {
  const sites = new Set(Object.keys(state.departmentQuotas).map((of) => of.split(' ')[1] ?? ''));
  return Object.entries(state.nodes).flatMap(([key, { level }]) =>
    level === 'field'
      ? [...sites]
          .filter((site) => !fits(grantedBy(state, key, site), capacityOf(state, key, site, 'all')))
          .map((site) => quotaKey(key, site))
      : [],
  );
}
