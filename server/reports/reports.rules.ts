import type { UsageRow, UsageTotal } from './reports.schema.ts';

/**
 * Totals by site over the highest nodes only: what a team has is part of what its department has, and is not counted
 * again where that one is among the rows.
 */
export function totalsBySite(rows: readonly UsageRow[]): UsageTotal[] {
  const listed = new Set(rows.map((row) => row.id));
  const totals = new Map<string, UsageTotal>();
  for (const row of rows) {
    if (listed.has(row.parent_id)) continue;
    const sum = totals.get(row.site) ?? nothingAt(row.site);
    totals.set(row.site, {
      site: row.site,
      cpu_capacity: sum.cpu_capacity + (row.cpu_capacity ?? row.cpu_limit ?? 0),
      cpu_online: sum.cpu_online + (row.cpu_online ?? row.cpu_limit ?? 0),
      cpu_granted: sum.cpu_granted + row.cpu_granted,
      cpu_used: sum.cpu_used + row.cpu_used,
      cpu_deficit: sum.cpu_deficit + row.cpu_deficit,
      ram_gb_capacity: sum.ram_gb_capacity + (row.ram_gb_capacity ?? row.ram_gb_limit ?? 0),
      ram_gb_online: sum.ram_gb_online + (row.ram_gb_online ?? row.ram_gb_limit ?? 0),
      ram_gb_granted: sum.ram_gb_granted + row.ram_gb_granted,
      ram_gb_used: sum.ram_gb_used + row.ram_gb_used,
      ram_gb_deficit: sum.ram_gb_deficit + row.ram_gb_deficit,
    });
  }
  return [...totals.values()].sort((a, b) => (a.site < b.site ? -1 : 1));
}

const nothingAt = (site: string): UsageTotal => ({
  site,
  cpu_capacity: 0,
  cpu_online: 0,
  cpu_granted: 0,
  cpu_used: 0,
  cpu_deficit: 0,
  ram_gb_capacity: 0,
  ram_gb_online: 0,
  ram_gb_granted: 0,
  ram_gb_used: 0,
  ram_gb_deficit: 0,
});
