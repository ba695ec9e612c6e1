import { api, queryClient } from '../api.ts';
import { Allowed } from '../features/auth/Allowed.tsx';
import { Drift } from '../features/drift/Drift.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Drift · InfraHub' }];
export const clientLoader = prefetching(() => [queryClient.prefetchQuery(api.admin.drift.queryOptions())]);

export default function DriftRoute() {
  return (
    <Allowed to="drift.read">
      <Drift />
    </Allowed>
  );
}
