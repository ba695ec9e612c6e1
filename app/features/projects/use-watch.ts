import { useEffect } from 'react';
import { api, client, queryClient } from '../../api.ts';
import { useSession } from '../auth/session.ts';

/** Keeps a project and its timeline up to date while they are looked at, as the server tells what happens. */
export function useWatch(id: string): void {
  const token = useSession((state) => state.session?.token);
  useEffect(() => {
    if (!token) return;
    const timelineKey = api.projects.timeline.queryKey({ id });
    const seen = queryClient.getQueryData(timelineKey)?.items.at(-1)?.seq;
    const watching = client.projects.watch.subscribe(
      { id, ...(seen !== undefined && { lastEventId: String(seen) }) },
      {
        onData: ({ data: { event, project } }) => {
          queryClient.setQueryData(api.projects.get.queryKey({ id }), project);
          queryClient.setQueryData(timelineKey, (known) =>
            known && !known.items.some(({ seq }) => seq === event.seq)
              ? { ...known, status: project.status, items: [...known.items, event] }
              : known,
          );
          void queryClient.invalidateQueries({ queryKey: api.quotas.pathKey() });
        },
      },
    );
    return () => watching.unsubscribe();
  }, [id, token]);
}
