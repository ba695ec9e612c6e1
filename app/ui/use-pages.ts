import { type InfiniteData, type QueryKey, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { isLong } from './long-lists.ts';
import { asProblem } from './problem.ts';

type PageOf<T> = { items: T[]; next_cursor: string | null };
/** `late`: when it came, something in the list had changed since the pages before it were read. */
type Read<P> = P & { late: boolean };

const START: string | null = null;

/** A long list says that it has changed; to read all of it again takes a request for each of its pages. */
const whileShort = ({ state }: { state: { data: unknown } }): boolean => !isLong(state.data);

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
  { every }: Options<T> = {},
) {
  const client = useQueryClient();
  const key = [...queryKey, 'pages'];
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam, signal }): Promise<Read<PageOf<T> & P>> => {
      const page = await ask(pageParam === null ? {} : { cursor: pageParam }, { signal });
      // A page more has TanStack Query take the whole list for up to date.
      const { fetchMeta, isInvalidated = false } = client.getQueryState(key) ?? {};
      return { ...page, late: isInvalidated && fetchMeta?.fetchMore !== undefined };
    },
    initialPageParam: START,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: (before) => before,
    // What changes is told; until then nothing is stale.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: whileShort,
    refetchOnWindowFocus: whileShort,
    refetchOnReconnect: whileShort,
    refetchInterval: every ? ({ state: { data } }) => every(data?.pages.flatMap((page) => page.items) ?? []) : false,
  });
  const { data, error, refetch, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage, isStale } = query;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    // Not while it is read again, which that would break off; nor by itself where that has failed.
    if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  /** Fetches all of it. @throws what any page was refused with */
  const all = async (): Promise<T[]> => {
    let fetched = await fetchNextPage({ throwOnError: true });
    while (fetched.hasNextPage) fetched = await fetched.fetchNextPage({ throwOnError: true });
    return fetched.data?.pages.flatMap((page) => page.items) ?? [];
  };
  /** Begins anew: at the top, with the first page alone, which is read again. */
  const again = () => {
    window.scrollTo({ top: 0 });
    client.setQueryData<typeof data>(key, (before) => before && firstOf(before));
    void client.invalidateQueries({ queryKey: key, exact: true });
  };
  /** A cursor that is refused, as one of another version may be, is no way to go on from. */
  const readOn = () => void (asProblem(error).code === 'VALIDATION_FAILED' ? again() : fetchNextPage());
  return {
    query: { data, error, refetch, ...(isFetchNextPageError && { readOn }) },
    items,
    more,
    all,
    again,
    hasMore: hasNextPage,
    first: data?.pages[0],
    /** It is too long to be kept up to date quietly, and something in it has changed. */
    outdated: isLong(data) && (isStale || data?.pages.some(({ late }) => late) === true),
  };
}

const firstOf = <P, C>({ pages, pageParams }: InfiniteData<P, C>): InfiniteData<P, C> => ({
  pages: pages.slice(0, 1),
  pageParams: pageParams.slice(0, 1),
});
