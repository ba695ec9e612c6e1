import { sql } from 'drizzle-orm';
import { call } from './call.ts';
import type { Benchmark, Measure } from './measure.ts';
import { tokenOfAdmin } from './organisation.ts';
import { pgbench } from './pgbench.ts';
import { startWorld } from './world.ts';

const SERVERS = 10_000;
const fleet = (cpu: number) =>
  Array.from({ length: SERVERS }, (_, n) => ({ name: `server-${n}`, site: 'haifa', cpu, ramGb: 256 }));

/** Every row written anew, whether it differs or not: what a sync without thought would do. */
const upsert = (table: string) => `
insert into ${table} (name, site, cpu, ram_gb, performance_tier, status)
select 'server-' || n, 'haifa', 16 + (random() * 100)::int, 256, 'regular', 'online' from generate_series(1, ${SERVERS}) n
on conflict (name) do update set site = excluded.site, cpu = excluded.cpu, ram_gb = excluded.ram_gb,
  performance_tier = excluded.performance_tier, status = excluded.status, updated_at = now();
`;

export const sync: Benchmark = {
  name: 'sync',
  async run({ rounds, quick }) {
    const world = await startWorld({});
    try {
      const token = await tokenOfAdmin(world);
      await world.db.execute(sql`create table bench_servers (like servers including all)`);
      await world.db.execute(sql`create table bench_roomy (like servers including all) with (fillfactor = 50)`);
      const upserts = (table: string, seconds: number) =>
        pgbench({ url: world.databaseUrl, clients: 1, seconds, script: upsert(table) });
      const seconds = quick ? 2 : 5;
      await upserts('bench_servers', 1);
      await upserts('bench_roomy', 1);
      const [changed, unchanged, baseline, roomy]: [number[], number[], number[], number[]] = [[], [], [], []];
      /** Syncs a second, by our clock: reading the answer, deciding and writing. Over as long as pgbench has, like it. */
      const perSecond = async (before = () => {}): Promise<number> => {
        let [runs, ms] = [0, 0];
        while (ms < seconds * 1000) {
          before();
          const started = performance.now();
          await call(world, 'admin.syncServers', { token, body: {} });
          ms += performance.now() - started;
          runs++;
        }
        return (1000 * runs) / ms;
      };
      let cpu = 32;
      const changeAll = () => world.inventory.setFleet(fleet(cpu++));
      world.inventory.behave({ page_size: SERVERS });
      changeAll();
      await perSecond();
      for (let round = 0; round < rounds; round++) {
        baseline.push(await upserts('bench_servers', seconds));
        roomy.push(await upserts('bench_roomy', seconds));
        changed.push(await perSecond(changeAll));
        unchanged.push(await perSecond());
      }
      const name = 'pgbench, one insert … on conflict do update of 10,000 rows';
      const row = (what: string, ours: number[], atLeast: number): Measure => ({
        ...{ what, unit: '/s', ours, baseline: { name, figures: baseline }, goal: { atLeast } },
        note: 'ours includes reading and checking the inventory over HTTP',
      });
      return [
        row('sync of 10,000 servers, all changed', changed, 0.7),
        {
          ...{ what: 'the same, beside a table with as much room as ours', unit: '/s', ours: changed },
          baseline: { name: `${name} with fillfactor 50`, figures: roomy },
        },
        row('sync of 10,000 servers, none changed', unchanged, 1.5),
      ];
    } finally {
      await world.stop();
    }
  },
};
