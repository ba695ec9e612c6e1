import { useParams } from '@remix-run/react';
import { api, queryClient } from '../api.ts';
import { DepartmentPage } from '../features/org/DepartmentPage.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Department · InfraHub' }];
export const clientLoader = prefetching(({ params: { id = '' } }) => [
  queryClient.prefetchQuery(api.quotas.listDepartment.queryOptions({ id })),
  queryClient.prefetchQuery(api.reports.usage.queryOptions({})),
]);

export default function DepartmentRoute() {
  const { id = '' } = useParams();
  return <DepartmentPage key={id} id={id} />;
}
