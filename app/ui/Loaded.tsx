import type { ReactNode } from 'react';
import { asProblem } from './problem.ts';
import { LoadingLines, ProblemState } from './states.tsx';

type LoadedProps<T> = {
  /** `readOn`, of a list whose next page failed, asks for that page again. */
  query: { data: T | undefined; error: unknown; refetch: () => unknown; readOn?: () => void };
  loading?: ReactNode;
  children: (data: T) => ReactNode;
};

/** What a query brought. While it is on its way a skeleton, where it failed the reason; stale data stays on the screen. */
export function Loaded<T>({ query, loading, children }: LoadedProps<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {children(query.data)}
        {query.readOn && <ProblemState problem={asProblem(query.error)} onRetry={query.readOn} />}
      </>
    );
  }
  if (query.error) return <ProblemState problem={asProblem(query.error)} onRetry={() => void query.refetch()} />;
  return loading ?? <LoadingLines />;
}
