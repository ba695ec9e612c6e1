import { expect, test } from 'vitest';
import { capacityBySite, shortOf } from '../../app/features/servers/selection.ts';

const server = (site: string, cpu: number, status: 'online' | 'offline' = 'online') => ({
  site,
  cpu,
  ram_gb: cpu * 4,
  status,
});

test('what servers change is told site by site, and an offline one changes nothing', () => {
  const chosen = [server('haifa', 64), server('eilat', 32), server('haifa', 16), server('haifa', 96, 'offline')];
  expect(capacityBySite(chosen)).toEqual([
    { site: 'eilat', totals: { servers: 1, cpu: 32, ram_gb: 128 } },
    { site: 'haifa', totals: { servers: 2, cpu: 80, ram_gb: 320 } },
  ]);
});

test('taking away what is granted is short by the difference', () => {
  const haifa = { site: 'haifa', online: { cpu: 100, ram_gb: 400 }, granted: { cpu: 60, ram_gb: 100 } };
  expect(shortOf(haifa, { servers: 1, cpu: 64, ram_gb: 256 })).toEqual([{ resource: 'cpu', by: 24 }]);
});

test('taking away what is free is short of nothing', () => {
  const haifa = { site: 'haifa', online: { cpu: 100, ram_gb: 400 }, granted: { cpu: 36, ram_gb: 100 } };
  expect(shortOf(haifa, { servers: 1, cpu: 64, ram_gb: 256 })).toEqual([]);
});
