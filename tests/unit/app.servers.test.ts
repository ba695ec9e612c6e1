import { expect, test } from 'vitest';
import { inCalls } from '../../app/features/servers/in-calls.ts';
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

test('any number of servers is handed over in calls of a thousand, and what was done is told', async () => {
  const sent: number[] = [];
  const told: number[] = [];
  const ids = Array.from({ length: 2_500 }, (_, at) => `server ${at}`);
  await inCalls(
    ids,
    async (part) => void sent.push(part.length),
    (done) => void told.push(done),
  );
  expect(sent).toEqual([1_000, 1_000, 500]);
  expect(told).toEqual([1_000, 2_000, 2_500]);
});

test('what was handed over before a refusal is told as done', async () => {
  const told: number[] = [];
  const ids = Array.from({ length: 2_500 }, (_, at) => `server ${at}`);
  const refusing = async () => {
    if (told.length > 0) throw new Error('refused');
  };
  await expect(inCalls(ids, refusing, (done) => void told.push(done))).rejects.toThrow('refused');
  expect(told).toEqual([1_000]);
});
