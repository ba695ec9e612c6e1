import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import { allSharesWithin, subtreeOf } from '../org/shares.repository.ts';
import { type Executor, selectRows } from '../platform/database.ts';
import { nodeChange, share } from './plan.schema.ts';

const nodeShare = nodeChange.pick({ level: true, id: true, name: true }).extend({ share });
export type NodeShare = z.infer<typeof nodeShare>;

/** What this node and those right below it have at the site, those with the largest quota first. */
export async function listShares(
  db: Executor,
  parent: { level: 'field' | 'department'; id: string },
  site: string,
): Promise<NodeShare[]> {
  return selectRows(
    db,
    nodeShare,
    sql`
    with ${allSharesWithin(subtreeOf(parent.level, parent.id))}
    select level, node_id as id, name, json_build_object(
      'cpu_limit', cpu_limit, 'cpu_granted', cpu_granted, 'cpu_used', cpu_used,
      'ram_gb_limit', ram_gb_limit, 'ram_gb_granted', ram_gb_granted, 'ram_gb_used', ram_gb_used) as share
    from share where site = ${site} and ${parent.id} in (node_id, parent_id)
    order by cpu_limit desc, ram_gb_limit desc, name, node_id`,
  );
}
