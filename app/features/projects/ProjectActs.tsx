import { Button } from '@mantine/core';
import { IconArrowsDiagonal, IconExternalLink, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { Project } from '../../../server/projects/projects.schema.ts';
import { DecommissionDialog } from './DecommissionDialog.tsx';
import { ResizeDialog } from './ResizeDialog.tsx';
import { useMay } from './use-may.ts';

/** What can be done with a project now, by whom it is looked at. */
export function ProjectActs({ project }: { project: Project }) {
  const [open, setOpen] = useState<'resize' | 'decommission'>();
  const may = useMay(project);
  const close = () => setOpen(undefined);
  return (
    <>
      {project.argocd_url && (
        <Button
          component="a"
          href={project.argocd_url}
          target="_blank"
          rel="noreferrer"
          variant="default"
          rightSection={<IconExternalLink size={16} />}
        >
          Open in Argo CD
        </Button>
      )}
      {may.resize && (
        <Button variant="default" leftSection={<IconArrowsDiagonal size={16} />} onClick={() => setOpen('resize')}>
          Resize…
        </Button>
      )}
      {may.decommission && (
        <Button
          variant="default"
          c="var(--status-bad)"
          leftSection={<IconTrash size={16} />}
          onClick={() => setOpen('decommission')}
        >
          Decommission…
        </Button>
      )}
      {open === 'resize' && <ResizeDialog project={project} onClose={close} />}
      {open === 'decommission' && <DecommissionDialog project={project} emergency={!may.lead} onClose={close} />}
    </>
  );
}
