import { z } from 'zod';

/** Rooms of the portal of which something may look different now. */
export const topic = z.enum(['projects', 'quotas', 'org', 'servers', 'audit']);
export type Topic = z.infer<typeof topic>;

export const hint = z.object({ topics: z.array(topic) });
export type Hint = z.infer<typeof hint>;
