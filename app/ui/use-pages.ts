import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { isLong } from './long-lists.ts';

type PageOf<T> = { items: T[]; next_cursor: string | null };

const START: string | null = null;

type Options<T> = {
  /** Milliseconds after which it is asked for again, by what it holds; false for never. */
  every?: (items: T[]) => number | false;
};

/**
 * A list that goes on: what was fetched so far, and how to fetch more. Ours rather than tRPC's infinite queries, which
 * send a `direction` of their own where this API's lists have theirs.
 */
export function usePages<T, P extends PageOf<T>>(
  queryKey: QueryKey,
  ask: (cursor: { cursor?: string }, options: { signal: AbortSignal }) => Promise<PageOf<T> & P>,
  { every = () => false }: Options<T> = {},
) {
  const query = useInfiniteQuery({
    queryKey: [...queryKey, 'pages'],
    queryFn: ({ pageParam, signal }) => ask(pageParam === null ? {} : { cursor: pageParam }, { signal }),
    initialPageParam: START,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: (before) => before,
    // What changes is told; until then nothing is stale.
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state: { data } }) => every(data?.pages.flatMap((page) => page.items) ?? []),
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, isStale } = query;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  /** Fetches all of it. @throws what any page was refused with */
  const all = async (): Promise<T[]> => {
    let fetched = await fetchNextPage({ throwOnError: true });
    while (fetched.hasNextPage) fetched = await fetched.fetchNextPage({ throwOnError: true });
    return fetched.data?.pages.flatMap((page) => page.items) ?? [];
  };
  return {
    query,
    items,
    more,
    all,
    hasMore: hasNextPage,
    first: data?.pages[0],
    /** It is too long to be kept up to date quietly, and something in it has changed. */
    outdated: isStale && isLong(data),
  };
}
