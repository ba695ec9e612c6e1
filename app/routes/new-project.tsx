import { Allowed } from '../features/auth/Allowed.tsx';
import { NewProject } from '../features/projects/NewProject.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'New project · InfraHub' }];
export const clientLoader = prefetching(() => []);

export default function NewProjectRoute() {
  return (
    <Allowed to="projects.create">
      <NewProject />
    </Allowed>
  );
}
