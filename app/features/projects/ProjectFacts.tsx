import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Project } from '../../../server/projects/projects.schema.ts';
import { api } from '../../api.ts';
import { Ago } from '../../ui/Ago.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { count } from '../../ui/format.ts';
import { Panel } from '../../ui/Panel.tsx';
import { CapacityLine } from '../capacity/CapacityLine.tsx';
import { RESOURCES } from '../capacity/capacity.ts';
import { TierName } from '../capacity/TierName.tsx';
import classes from './ProjectPage.module.css';
import { gaveBack } from './status.ts';
import { SLA_NAME } from './words.ts';

/** What a project is, and what it leaves of its team's quota. */
export function ProjectFacts({ project }: { project: Project }) {
  const quotas = useQuery(api.quotas.listTeam.queryOptions({ id: project.team_id }));
  const quota = quotas.data?.items.find(({ site }) => site === project.site);
  return (
    <Stack gap="lg">
      <Panel title="Namespace">
        <dl className={classes.facts}>
          <Fact name="Kubernetes namespace">
            <CopyText text={project.namespace_name} label="namespace" />
          </Fact>
          <Fact name="SLA and tier">
            {SLA_NAME[project.sla_type]}, <TierName tier={project.performance_tier} />
          </Fact>
          <Fact name={gaveBack(project.status) ? 'Gave back to the quota' : 'Holds of the quota'}>
            {count(project.cpu)} cores, {count(project.ram_gb)} GiB
          </Fact>
          {project.commit_sha && (
            <Fact name="Commit">
              <CopyText text={project.commit_sha} shown={project.commit_sha.slice(0, 10)} label="commit hash" />
            </Fact>
          )}
          <Fact name="Created">
            <Ago at={project.created_at} /> by <code>{project.created_by}</code>
          </Fact>
        </dl>
      </Panel>
      {quota && (
        <Panel title={`Quota of ${project.team_name}`} hint={`At ${project.site}, all projects together`}>
          <Stack gap="sm">
            {RESOURCES.map((resource) => (
              <CapacityLine
                key={resource}
                label={project.team_name}
                resource={resource}
                amount={{
                  capacity: quota[`${resource}_limit`],
                  granted: quota[`${resource}_limit`],
                  used: quota[`${resource}_used`],
                }}
                tell="used"
              />
            ))}
          </Stack>
        </Panel>
      )}
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
