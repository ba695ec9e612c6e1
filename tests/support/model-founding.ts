import {
  centers,
  departmentQuotaAllocations,
  departments,
  fieldServerAllocations,
  fields,
  servers,
  teamQuotaAllocations,
  teams,
} from '../../db/schema/index.ts';
import type { Tx } from '../../server/platform/database.ts';
import type { Level, State } from './model-state.ts';

/** Writes what the model begins with; `idOf` gives its keys the ids that they have from now on. */
export async function storeFounding(tx: Tx, state: State, idOf: (key: string) => string): Promise<void> {
  const nodes = (level: Level) =>
    Object.entries(state.nodes)
      .filter(([, node]) => node.level === level)
      .map(([key, { name, parent }]) => ({ id: idOf(key), name, parent: idOf(parent ?? '') }));
  const machines = Object.entries(state.servers).map(([name, { site, size, field }]) => ({
    ...{ id: idOf(name), name, site, cpu: size.cpu, ramGb: size.ram, field },
    ...{ performanceTier: 'regular' as const, status: 'online' as const },
  }));
  const limits = (quotas: State['teamQuotas']) =>
    Object.entries(quotas).map(([key, { cpu, ram }]) => {
      const [owner = '', site = ''] = key.split(' ');
      return { owner: idOf(owner), site, cpuLimit: cpu, ramGbLimit: ram };
    });
  await tx.insert(centers).values(nodes('center'));
  await tx.insert(fields).values(nodes('field').map((n) => ({ ...n, centerId: n.parent })));
  await tx.insert(departments).values(nodes('department').map((n) => ({ ...n, fieldId: n.parent })));
  await tx.insert(teams).values(nodes('team').map((n) => ({ ...n, departmentId: n.parent })));
  await tx.insert(servers).values(machines);
  await tx
    .insert(fieldServerAllocations)
    .values(machines.flatMap(({ id, field }) => (field === null ? [] : [{ serverId: id, fieldId: idOf(field) }])));
  await tx
    .insert(departmentQuotaAllocations)
    .values(limits(state.departmentQuotas).map((q) => ({ ...q, departmentId: q.owner })));
  await tx.insert(teamQuotaAllocations).values(limits(state.teamQuotas).map((q) => ({ ...q, teamId: q.owner })));
}
