import { Button } from '@mantine/core';
import { Link } from '@remix-run/react';
import { IconPlus } from '@tabler/icons-react';
import { useHolds } from '../features/auth/permissions.ts';
import { ProjectList } from '../features/projects/ProjectList.tsx';
import { prefetching } from '../page-loader.ts';
import { Page } from '../ui/Page.tsx';

export const meta = () => [{ title: 'Projects · InfraHub' }];
export const clientLoader = prefetching(() => []);

export default function ProjectsRoute() {
  const holds = useHolds();
  return (
    <Page
      wide
      title="Projects"
      description="Every project is one Kubernetes namespace."
      actions={
        holds('projects.create') && (
          <Button component={Link} to="/projects/new" leftSection={<IconPlus size={16} />}>
            New project
          </Button>
        )
      }
    >
      <ProjectList />
    </Page>
  );
}
