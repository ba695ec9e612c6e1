import { type Cluster, emptyCluster } from './model-cluster.ts';

/** Cores and GiB. */
export type Amount = { cpu: number; ram: number };
export type Resource = keyof Amount;
export const RESOURCES = ['cpu', 'ram'] as const satisfies Resource[];
export const NOTHING: Amount = { cpu: 0, ram: 0 };

export const SITES = ['haifa', 'eilat'] as const;

/** The organisation from the top. Everything has a key of the model's own; what id that is in the database, it does not know. */
export const LEVELS = ['center', 'field', 'department', 'team'] as const;
export type Level = (typeof LEVELS)[number];
export type OrgNode = { level: Level; name: string; parent: string | null };

export type Server = { site: string; size: Amount; online: boolean; field: string | null };
/** A server as the inventory has it. */
export type Machine = { site: string; size: Amount };

export type Sla = 'bronze' | 'silver' | 'gold';
export type Tier = 'regular' | 'high_performance';
/** What a namespace is to be. */
export type Size = { sla: Sla; tier: Tier } & Amount;

export type Status =
  | 'provisioning'
  | 'active'
  | 'updating'
  | 'rolling_back'
  | 'failed'
  | 'decommissioning'
  | 'decommissioned';

/** What is under way outside for a project, and how far it has come; `clock` is minutes since Argo CD was asked. */
export type Operation = {
  id: string;
  state: 'requested' | 'committed' | 'syncing' | 'undoing' | 'undone';
  before: Size | null;
  after: Size | null;
  commit: number;
  clock: number | null;
  /** Git or Argo CD is known to be down: the clock stands still. */
  halted: boolean;
};

/** `size` is what it is; `holds` is what it has of its team's quota, as long as it has any. */
export type Project = {
  team: string;
  name: string;
  site: string;
  status: Status;
  size: Size;
  holds: Amount;
  operation: Operation | null;
  operations: number;
};

/** All that InfraHub is answerable for, and the world outside that it works on. Plain data, to be cloned and compared. */
export type State = {
  nodes: Record<string, OrgNode>;
  servers: Record<string, Server>;
  /** Limits by owner and site; see `quotaKey`. */
  departmentQuotas: Record<string, Amount>;
  teamQuotas: Record<string, Amount>;
  projects: Record<string, Project>;
  /** How often each kind of change was made, by whoever asked for it. */
  audited: Record<string, number>;
  /** What was asked for under which key, by whom. */
  doneOnce: Record<string, string>;
  /** Whether a writer is between looking for work and writing down that it is done. */
  writing: boolean;
  inventory: { machines: Record<string, Machine>; answers: 'all' | 'nothing' | 'an error' };
  cluster: Cluster;
  gitIsDown: boolean;
  /** Keys of what there was once, to be named again. */
  gone: string[];
};

export const quotaKey = (owner: string, site: string): string => `${owner} ${site}`;

const cost = (cpu: number, ram: number): Amount => ({ cpu, ram });
// biome-ignore format: a table reads as a table
const COSTS = {
  bronze: { regular: cost(2, 4),  high_performance: cost(4, 8) },
  silver: { regular: cost(4, 16), high_performance: cost(8, 32) },
  gold:   { regular: cost(8, 32), high_performance: cost(16, 64) },
} as const satisfies Record<Sla, Record<Tier, Amount>>;

export const sizeOf = (sla: Sla, tier: Tier): Size => ({ sla, tier, ...COSTS[sla][tier] });

export const sum = (amounts: Amount[]): Amount => ({
  cpu: amounts.reduce((total, { cpu }) => total + cpu, 0),
  ram: amounts.reduce((total, { ram }) => total + ram, 0),
});

export const fits = (amount: Amount, into: Amount): boolean => RESOURCES.every((r) => amount[r] <= into[r]);

export const childrenOf = (state: State, parent: string): string[] =>
  Object.entries(state.nodes).flatMap(([key, node]) => (node.parent === parent ? [key] : []));

/** The node itself and everything above it. */
export function pathOf(state: State, key: string): string[] {
  const node = state.nodes[key];
  if (!node) return [];
  return node.parent === null ? [key] : [key, ...pathOf(state, node.parent)];
}

/** The field, department or team on the way up from a node; the empty key if there is none. */
export const above = (state: State, key: string, level: Level): string =>
  pathOf(state, key).find((k) => state.nodes[k]?.level === level) ?? '';

const limitsOf = (quotas: State['teamQuotas'], owners: string[], site: string): Amount =>
  sum(owners.map((owner) => quotas[quotaKey(owner, site)] ?? NOTHING));

/** What a field's departments were granted at a site, and what a department's teams were. */
export const grantedBy = (state: State, field: string, site: string): Amount =>
  limitsOf(state.departmentQuotas, childrenOf(state, field), site);
export const givenBy = (state: State, department: string, site: string): Amount =>
  limitsOf(state.teamQuotas, childrenOf(state, department), site);

export const holdsQuota = ({ status }: Project): boolean => status !== 'failed' && status !== 'decommissioned';

/** What a team's projects hold at a site. */
export const usedBy = (state: State, team: string, site: string): Amount =>
  sum(
    Object.values(state.projects)
      .filter((p) => p.team === team && p.site === site && holdsQuota(p))
      .map((p) => p.holds),
  );

/** What a field's servers have at a site: all of them, or those that are online. */
export const capacityOf = (state: State, field: string, site: string, counted: 'all' | 'online'): Amount =>
  sum(
    Object.values(state.servers)
      .filter((s) => s.field === field && s.site === site && (counted === 'all' || s.online))
      .map((s) => s.size),
  );

/** The namespace of a project, as long as it is not known by its real name. */
export const namespaceOf = ({ team, name }: Pick<Project, 'team' | 'name'>): string => `${team}/${name}`;

/** What the values file is to say of a project. */
export const entryOf = ({ team, name, site }: Pick<Project, 'team' | 'name' | 'site'>, size: Size): string => {
  const { sla, tier, cpu, ram } = size;
  return JSON.stringify({ cpu, project: name, ram_gb: ram, site, sla, team_id: team, tier });
};

const node = (level: Level, parent: string | null, name: string): OrgNode => ({ level, parent, name });
const machine = (site: string, cpu: number, ram: number): Machine => ({ site, size: cost(cpu, ram) });

/** What every run begins with: two fields that share two sites, with little enough room that it is soon gone. */
export function founding(): State {
  const machines = {
    s1: machine('haifa', 32, 128),
    s2: machine('haifa', 16, 64),
    s3: machine('eilat', 32, 128),
    s4: machine('haifa', 32, 128),
    s5: machine('eilat', 16, 64),
    s6: machine('haifa', 16, 64),
    s7: machine('eilat', 8, 16),
  };
  const fieldOf = { s1: 'f1', s2: 'f1', s3: 'f1', s4: 'f2', s5: 'f2', s6: null, s7: null };
  const given = (name: keyof typeof machines): Server => ({ ...machines[name], online: true, field: fieldOf[name] });
  return {
    nodes: {
      c1: node('center', null, 'north'),
      f1: node('field', 'c1', 'amber'),
      f2: node('field', 'c1', 'birch'),
      d1: node('department', 'f1', 'amber'),
      d2: node('department', 'f1', 'birch'),
      d3: node('department', 'f2', 'amber'),
      t1: node('team', 'd1', 'amber'),
      t2: node('team', 'd1', 'birch'),
      t3: node('team', 'd2', 'amber'),
      t4: node('team', 'd3', 'amber'),
    },
    servers: {
      s1: given('s1'),
      s2: given('s2'),
      s3: given('s3'),
      s4: given('s4'),
      s5: given('s5'),
      s6: given('s6'),
      s7: given('s7'),
    },
    departmentQuotas: {
      'd1 haifa': cost(30, 100),
      'd1 eilat': cost(16, 64),
      'd2 haifa': cost(10, 40),
      'd3 haifa': cost(24, 96),
    },
    teamQuotas: {
      't1 haifa': cost(18, 64),
      't1 eilat': cost(8, 32),
      't2 haifa': cost(8, 32),
      't3 haifa': cost(8, 32),
      't4 haifa': cost(16, 64),
    },
    projects: {},
    audited: {},
    doneOnce: {},
    writing: false,
    inventory: { machines, answers: 'all' },
    cluster: emptyCluster(),
    gitIsDown: false,
    gone: [],
  };
}
