/** A server as the inventory describes it, in InfraHub's units whatever the format. */
export type InventoryServer = {
  name: string;
  site: string;
  /** Cores. */
  cpu: number;
  /** GiB, whole. */
  ramGb: number;
};

/** A row of the answer that could not be used, and why. */
export type RejectedRow = { name: string | null; reason: string };

/** The whole fleet, all pages read. */
export type InventoryAnswer = { servers: InventoryServer[]; rejected: RejectedRow[] };

/** The read-only bare-metal API that servers are synced from. */
export type Inventory = {
  /**
   * Reads every page. Half an answer is no answer: one page that fails fails the whole.
   * @throws UpstreamError `UPSTREAM_FAILED` or `UPSTREAM_TIMEOUT`, whose message says what is wrong and what to do.
   */
  readFleet(): Promise<InventoryAnswer>;
};
