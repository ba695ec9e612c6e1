import { count, plural } from '../../ui/format.ts';

/** One resource: what is there, what of it was given away, and what of that is used. All in the resource's unit. */
export type Amount = {
  capacity: number;
  granted: number;
  used: number;
  /** What is granted beyond what is there. A sum's can be more than the difference: one field's excess fills no other's gap. */
  deficit?: number;
};

/** The resources that are shared, in the order in which they are shown. */
export const RESOURCES = ['cpu', 'ram_gb'] as const;
export type Resource = (typeof RESOURCES)[number];

export const UNIT = { cpu: 'cores', ram_gb: 'GiB' } as const satisfies Record<Resource, string>;
export const RESOURCE_NAME = { cpu: 'CPU', ram_gb: 'RAM' } as const satisfies Record<Resource, string>;

export const RESOURCE_CHOICES = RESOURCES.map((value) => ({ value, label: RESOURCE_NAME[value] }));

/** "1 core", "48 cores", "192 GiB". */
export const quantity = (n: number, resource: Resource): string =>
  resource === 'cpu' ? plural(n, 'core') : `${count(n)} ${UNIT[resource]}`;

/** The parts of a bar, in the same unit; together they are `whole`. */
export type Segments = { used: number; granted: number; free: number; over: number; whole: number };

/** Cuts an amount into what a bar shows; `over` is what was granted beyond the capacity. */
export function segmentsOf({ capacity, granted, used, deficit }: Amount): Segments {
  const over = deficit ?? Math.max(0, granted - capacity);
  const inside = granted - over;
  const usedInside = Math.min(used, inside);
  return { used: usedInside, granted: inside - usedInside, free: capacity - inside, over, whole: capacity + over };
}

/** Several amounts as one; their deficits add up. */
export const addAmounts = (amounts: Amount[]): Amount =>
  amounts.reduce(
    (sum, amount) => ({
      capacity: sum.capacity + amount.capacity,
      granted: sum.granted + amount.granted,
      used: sum.used + amount.used,
      deficit: (sum.deficit ?? 0) + segmentsOf(amount).over,
    }),
    { capacity: 0, granted: 0, used: 0, deficit: 0 },
  );
