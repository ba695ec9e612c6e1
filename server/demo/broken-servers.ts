import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { demoFleet, startInventory } from './inventory.ts';

/** The demo's inventory. Which servers are broken is remembered in `file` over a restart. */
export async function startDemoInventory(file: string) {
  const known = await readFile(file, 'utf8').catch(() => '[]');
  const without = (broken: string[]) => demoFleet().filter((server) => !broken.includes(server.name));
  const inventory = await startInventory({ fleet: without(z.array(z.string()).parse(JSON.parse(known))) });
  return {
    inventory,
    async breakServers(names: string[]): Promise<void> {
      await writeFile(file, JSON.stringify(names));
      inventory.setFleet(without(names));
    },
  };
}
