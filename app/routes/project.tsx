import { useParams } from '@remix-run/react';
import { api, queryClient } from '../api.ts';
import { ProjectPage } from '../features/projects/ProjectPage.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Project · InfraHub' }];
export const clientLoader = prefetching(({ params: { id = '' } }) => [
  queryClient.prefetchQuery(api.projects.get.queryOptions({ id })),
  queryClient.prefetchQuery(api.projects.timeline.queryOptions({ id })),
]);

export default function ProjectRoute() {
  const { id = '' } = useParams();
  return <ProjectPage key={id} id={id} />;
}
