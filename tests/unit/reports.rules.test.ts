import fc from 'fast-check';
import { expect, test } from 'vitest';
import { totalsBySite } from '../../server/reports/reports.rules.ts';
import type { UsageRow } from '../../server/reports/reports.schema.ts';

const row = (over: Partial<UsageRow>): UsageRow => ({
  level: 'team',
  id: 'team',
  name: 'team',
  parent_id: 'nowhere',
  site: 'haifa',
  cpu_capacity: null,
  cpu_online: null,
  cpu_limit: null,
  cpu_granted: 0,
  cpu_used: 0,
  cpu_deficit: 0,
  ram_gb_capacity: null,
  ram_gb_online: null,
  ram_gb_limit: null,
  ram_gb_granted: 0,
  ram_gb_used: 0,
  ram_gb_deficit: 0,
  ...over,
});

test('a team whose department is listed is not counted a second time', () => {
  const totals = totalsBySite([
    row({ level: 'department', id: 'vision', parent_id: 'field', cpu_limit: 40, cpu_granted: 30, cpu_used: 8 }),
    row({ id: 'cats', parent_id: 'vision', cpu_limit: 30, cpu_granted: 30, cpu_used: 8 }),
    row({ id: 'elsewhere', parent_id: 'audio', cpu_limit: 10, cpu_granted: 10, cpu_used: 2 }),
  ]);
  expect(totals).toMatchObject([{ site: 'haifa', cpu_capacity: 50, cpu_online: 50, cpu_granted: 40, cpu_used: 10 }]);
});

test('a field counts with its capacity, and each site by itself', () => {
  const field = { level: 'field', id: 'field', parent_id: 'center' } as const;
  const totals = totalsBySite([
    row({ ...field, site: 'haifa', cpu_capacity: 64, cpu_online: 48, ram_gb_capacity: 256 }),
    row({ ...field, site: 'eilat', cpu_capacity: 32, cpu_online: 32, ram_gb_capacity: 128 }),
  ]);
  expect(totals.map((t) => [t.site, t.cpu_capacity, t.cpu_online, t.ram_gb_capacity])).toEqual([
    ['eilat', 32, 32, 128],
    ['haifa', 64, 48, 256],
  ]);
});

test('what one field has too much does not hide the deficit of another', () => {
  const [total] = totalsBySite([
    row({ level: 'field', id: 'a', cpu_capacity: 100, cpu_granted: 10 }),
    row({ level: 'field', id: 'b', cpu_capacity: 10, cpu_granted: 30, cpu_deficit: 20 }),
  ]);
  expect(total).toMatchObject({ cpu_capacity: 110, cpu_granted: 40, cpu_deficit: 20 });
});

test('whatever lies below listed nodes changes no total', () => {
  const amounts = fc.nat({ max: 1000 });
  const below = fc.record({ limit: amounts, used: amounts, site: fc.constantFrom('haifa', 'eilat') });
  fc.assert(
    fc.property(fc.array(below), (teams) => {
      const departments = [
        row({ level: 'department', id: 'vision', cpu_limit: 7, site: 'haifa' }),
        row({ level: 'department', id: 'vision', cpu_limit: 9, site: 'eilat' }),
      ];
      const rows = teams.map((t, i) =>
        row({ id: `team-${i}`, parent_id: 'vision', site: t.site, cpu_limit: t.limit, cpu_used: t.used }),
      );
      expect(totalsBySite([...departments, ...rows])).toEqual(totalsBySite(departments));
    }),
  );
});
