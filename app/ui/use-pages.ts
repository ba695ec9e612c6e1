import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

type PageOf<T> = { items: T[]; next_cursor: string | null };

const START: string | null = null;

/**
 * A list that goes on: what was fetched so far, and how to fetch more. Ours rather than tRPC's infinite queries, which
 * send a `direction` of their own where this API's lists have theirs.
 */
export function usePages<T, P extends PageOf<T>>(
  queryKey: QueryKey,
  ask: (cursor: { cursor?: string }, options: { signal: AbortSignal }) => Promise<PageOf<T> & P>,
  { refetchInterval }: { refetchInterval?: number } = {},
) {
  const query = useInfiniteQuery({
    queryKey: [...queryKey, 'pages'],
    queryFn: ({ pageParam, signal }) => ask(pageParam === null ? {} : { cursor: pageParam }, { signal }),
    initialPageParam: START,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: (before) => before,
    ...(refetchInterval !== undefined && { refetchInterval }),
  });
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return { query, items, more, first: query.data?.pages[0] };
}
