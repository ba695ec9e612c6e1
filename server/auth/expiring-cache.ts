import type { Clock } from '../platform/clock.ts';

/** Remembers values until a moment of their own, `maxEntries` at most: the oldest make room, and what has expired before them goes. */
export function createExpiringCache<V>({ clock, maxEntries }: { clock: Clock; maxEntries: number }) {
  const entries = new Map<string, { value: V; until: number }>();
  return {
    get(key: string): V | undefined {
      const entry = entries.get(key);
      if (entry && entry.until > clock.now().getTime()) return entry.value;
      if (entry) entries.delete(key);
      return undefined;
    },
    /** `until` in milliseconds since 1970. */
    set(key: string, value: V, until: number): void {
      entries.delete(key);
      const now = clock.now().getTime();
      for (const [oldest, entry] of entries) {
        if (entry.until > now && entries.size < maxEntries) break;
        entries.delete(oldest);
      }
      entries.set(key, { value, until });
    },
    delete(key: string): void {
      entries.delete(key);
    },
  };
}
