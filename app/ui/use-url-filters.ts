import { useLocation, useSearchParams } from '@remix-run/react';
import type { z } from 'zod';

/** What was last asked for, and from which place in the history: the router takes a moment to get there. */
let asked: { from: string; params: URLSearchParams } | undefined;

/**
 * Filters that live in the address, so that a view can be linked to. What the shape does not know or cannot read is
 * left out; `set` replaces single filters, and undefined takes one away. A filter set while the address is still on
 * its way to another is set beside it.
 */
export function useUrlFilters<T extends z.ZodObject>(shape: T) {
  const [params, setParams] = useSearchParams();
  const { key: from } = useLocation();
  const known = [...params].filter(([key, value]) => shape.shape[key]?.safeParse(value).success);
  const filters = shape.parse(Object.fromEntries(known));
  const ask = (next: URLSearchParams) => {
    asked = { from, params: next };
    setParams(next, { replace: true, preventScrollReset: true });
  };
  const set = (change: Partial<Record<keyof z.input<T> & string, string | undefined>>) => {
    const next = new URLSearchParams(asked?.from === from ? asked.params : params);
    for (const [key, value] of Object.entries(change)) {
      if (typeof value === 'string' && value !== '') next.set(key, value);
      else next.delete(key);
    }
    ask(next);
  };
  return {
    filters,
    set,
    any: known.some(([key]) => key !== 'sort' && key !== 'direction'),
    clear: () => ask(new URLSearchParams()),
  };
}
