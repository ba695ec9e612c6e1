import { sql } from 'drizzle-orm';
import { allSharesWithin } from '../org/shares.repository.ts';
import { type Executor, selectRows } from '../platform/database.ts';
import type { Scope } from '../platform/policy.ts';
import { type UsageRow, usageRow } from './reports.schema.ts';

/** Every node in the scope, a row for each site where it has something; fields first, then departments, then teams. */
export function readUsage(db: Executor, scope: Scope, site: string | undefined): Promise<UsageRow[]> {
  return selectRows(
    db,
    usageRow,
    sql`
    with ${allSharesWithin(scope)}
    select level, node_id as id, name, parent_id, site,
      cpu_capacity, case level when 'field' then cpu_limit end as cpu_online,
      case level when 'field' then null else cpu_limit end as cpu_limit,
      cpu_granted, cpu_used, greatest(cpu_granted - cpu_limit, 0) as cpu_deficit,
      ram_gb_capacity, case level when 'field' then ram_gb_limit end as ram_gb_online,
      case level when 'field' then null else ram_gb_limit end as ram_gb_limit,
      ram_gb_granted, ram_gb_used, greatest(ram_gb_granted - ram_gb_limit, 0) as ram_gb_deficit
    from share
    where greatest(cpu_capacity, cpu_limit, cpu_granted, ram_gb_capacity, ram_gb_limit, ram_gb_granted) > 0
      ${site === undefined ? sql`` : sql`and site = ${site}`}
    order by depth, name, node_id, site`,
  );
}
