import { expect } from 'vitest';
import { projects } from '../../db/schema/index.ts';
import { readValuesFile } from '../../server/provisioning/values-file.rules.ts';
import { centerAdmin } from '../factories/caller.ts';
import type { ProvisioningWorld } from '../factories/projects.ts';
import { brokenInvariants } from './invariants.ts';

type World = Pick<ProvisioningWorld, 'db' | 'quotas' | 'field' | 'remote' | 'cluster'>;

/** Nothing is in flight any more; quota, values file and cluster say just what the projects do. */
export async function expectAllInOrder({ db, quotas, field, remote, cluster }: World): Promise<void> {
  const rows = await db.select().from(projects);
  expect(rows.filter((p) => !['active', 'failed', 'decommissioned'].includes(p.status))).toEqual([]);
  const active = Object.fromEntries(
    rows
      .filter((p) => p.status === 'active')
      .map((p) => [p.namespaceName, { sla: p.slaType, tier: p.performanceTier, cpu: p.cpu, ram_gb: p.ramGb }]),
  );
  const written = [...readValuesFile(remote.show())].map(([name, entry]) => {
    const { sla, tier, cpu, ram_gb } = Object.fromEntries(entry instanceof Map ? entry : []);
    return [name, { sla, tier, cpu, ram_gb }];
  });
  expect(Object.fromEntries(written)).toEqual(active);
  expect(cluster.namespaces()).toEqual(Object.keys(active).toSorted());
  expect((await quotas.verify(centerAdmin(), { repair: false })).mismatches).toEqual([]);
  expect(await brokenInvariants(db, field.id)).toEqual([]);
}
