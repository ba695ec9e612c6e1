import type {
  Inventory,
  InventoryAnswer,
  InventoryServer,
  RejectedRow,
} from '../../server/adapters/inventory/inventory.port.ts';

/** Servers `s0` to `s<n-1>` at haifa, 64 cores and 256 GiB each. */
export const fleetOf = (n: number, over: Partial<InventoryServer> = {}): InventoryServer[] =>
  Array.from({ length: n }, (_, i) => ({ name: `s${i}`, site: 'haifa', cpu: 64, ramGb: 256, ...over }));

/** An inventory that answers what the test says next, or fails with it. */
export function scriptedInventory(servers: InventoryServer[] = []) {
  let next: InventoryAnswer | Error = { servers, rejected: [] };
  let gate: Promise<void> = Promise.resolve();
  let reads = 0;
  const inventory: Inventory = {
    async readFleet() {
      reads++;
      await gate;
      if (next instanceof Error) throw next;
      return next;
    },
  };
  return {
    inventory,
    get reads() {
      return reads;
    },
    answers(servers: InventoryServer[], rejected: RejectedRow[] = []) {
      next = { servers, rejected };
    },
    fails(error: Error) {
      next = error;
    },
    /** Makes every read wait until the answer is let go. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}
