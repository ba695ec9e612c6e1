import { useParams } from '@remix-run/react';
import { api, queryClient } from '../api.ts';
import { FieldPage } from '../features/org/FieldPage.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Field · InfraHub' }];
export const clientLoader = prefetching(({ params: { id = '' } }) => [
  queryClient.prefetchQuery(api.allocations.fieldCapacity.queryOptions({ id })),
  queryClient.prefetchQuery(api.reports.usage.queryOptions({})),
]);

export default function FieldRoute() {
  const { id = '' } = useParams();
  return <FieldPage key={id} id={id} />;
}
