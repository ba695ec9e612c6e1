import { useParams } from '@remix-run/react';
import { api, queryClient } from '../api.ts';
import { TeamPage } from '../features/org/TeamPage.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Team · InfraHub' }];
export const clientLoader = prefetching(({ params: { id = '' } }) => [
  queryClient.prefetchQuery(api.quotas.listTeam.queryOptions({ id })),
]);

export default function TeamRoute() {
  const { id = '' } = useParams();
  return <TeamPage key={id} id={id} />;
}
