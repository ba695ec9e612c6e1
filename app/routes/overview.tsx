import { api, queryClient } from '../api.ts';
import { Overview } from '../features/overview/Overview.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Overview · InfraHub' }];
export const clientLoader = prefetching(() => [queryClient.prefetchQuery(api.reports.usage.queryOptions({}))]);
export default Overview;
