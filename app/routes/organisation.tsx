import { api, queryClient } from '../api.ts';
import { Allowed } from '../features/auth/Allowed.tsx';
import { Organisation } from '../features/org/Organisation.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Organisation · InfraHub' }];
export const clientLoader = prefetching(() => [queryClient.prefetchQuery(api.reports.usage.queryOptions({}))]);

export default function OrganisationRoute() {
  return (
    <Allowed to="teams.manage">
      <Organisation />
    </Allowed>
  );
}
