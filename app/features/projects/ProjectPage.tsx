import { Stack } from '@mantine/core';
import { Link } from '@remix-run/react';
import { useQuery } from '@tanstack/react-query';
import type { Project } from '../../../server/projects/projects.schema.ts';
import { api } from '../../api.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { ProjectActs } from './ProjectActs.tsx';
import { ProjectFacts } from './ProjectFacts.tsx';
import classes from './ProjectPage.module.css';
import { Situation } from './Situation.tsx';
import { Steps } from './Steps.tsx';
import { STATUS } from './status.ts';
import { Timeline } from './Timeline.tsx';
import { useWatch } from './use-watch.ts';

/** One project: where it stands, what it holds, and everything that happened to it. */
export function ProjectPage({ id }: { id: string }) {
  const project = useQuery(api.projects.get.queryOptions({ id }));
  return <Loaded query={project}>{(data) => <LoadedProject project={data} />}</Loaded>;
}

function LoadedProject({ project }: { project: Project }) {
  const { id, status } = project;
  const timeline = useQuery(api.projects.timeline.queryOptions({ id }));
  useWatch(id);
  const { label, tone } = STATUS[status];
  return (
    <Page
      title={
        <span className={classes.title}>
          <code>{project.name}</code> <Badge tone={tone}>{label}</Badge>
        </span>
      }
      description={
        <>
          Project of{' '}
          <Link to={`/teams/${project.team_id}`} className="plain">
            {project.team_name}
          </Link>{' '}
          at {project.site}
        </>
      }
      actions={<ProjectActs project={project} />}
    >
      <Situation project={project} />
      <div className={classes.columns}>
        <Stack gap="lg">
          <Loaded query={timeline}>
            {({ items }) => (
              <>
                <Panel>
                  <Steps kinds={items.map(({ kind }) => kind)} status={status} />
                </Panel>
                <Panel title="Timeline">
                  <Timeline events={items} />
                </Panel>
              </>
            )}
          </Loaded>
        </Stack>
        <ProjectFacts project={project} />
      </div>
    </Page>
  );
}
