import { useSearchParams } from '@remix-run/react';
import type { z } from 'zod';

/**
 * Filters that live in the address, so that a view can be linked to. What the shape does not know or cannot read is
 * left out; `set` replaces single filters, and undefined takes one away.
 */
export function useUrlFilters<T extends z.ZodObject>(shape: T) {
  const [params, setParams] = useSearchParams();
  const known = [...params].filter(([key, value]) => shape.shape[key]?.safeParse(value).success);
  const filters = shape.parse(Object.fromEntries(known));
  const set = (change: Partial<Record<keyof z.input<T> & string, string | undefined>>) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [key, value] of Object.entries(change)) {
          if (typeof value === 'string' && value !== '') after.set(key, value);
          else after.delete(key);
        }
        return after;
      },
      { replace: true, preventScrollReset: true },
    );
  return {
    filters,
    set,
    any: known.some(([key]) => key !== 'sort' && key !== 'direction'),
    clear: () => setParams({}, { replace: true, preventScrollReset: true }),
  };
}
