import { Menu, UnstyledButton } from '@mantine/core';
import { Link, useLocation, useParams } from '@remix-run/react';
import { IconChevronRight, IconSelector } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import { api } from '../../api.ts';
import { hrefOf, type OrgNode, pathTo } from '../org/tree.ts';
import { useNode, useOrg } from '../org/use-org.ts';
import classes from './Frame.module.css';
import { PAGES } from './pages.ts';

/** Where one is: center / field / department / team, each a menu of its siblings; the page's name elsewhere. */
export function Breadcrumbs() {
  const { pathname } = useLocation();
  const { id = '' } = useParams();
  const [, room] = pathname.split('/');
  const onProject = room === 'projects' && id !== '';
  const project = useQuery({ ...api.projects.get.queryOptions({ id }), enabled: onProject }).data;
  const node = useNode(project?.team_id ?? id);
  const steps = node ? pathTo(node) : [];
  return (
    <nav aria-label="Where you are" className={classes.crumbs}>
      <ol>
        {steps.map((step, at) => (
          <Fragment key={step.id}>
            {at > 0 && <Divider />}
            <Step node={step} current={!project && at === steps.length - 1} />
          </Fragment>
        ))}
        {project && steps.length > 0 && <Divider />}
        {project && (
          <li aria-current="page">
            <code>{project.name}</code>
          </li>
        )}
        {steps.length === 0 && !project && <li aria-current="page">{pageName(pathname)}</li>}
      </ol>
    </nav>
  );
}

const pageName = (pathname: string): string =>
  pathname === '/projects/new' ? 'New project' : (PAGES.find(({ to }) => to === pathname)?.label ?? '');

const Divider = () => (
  <li aria-hidden className={classes.divider}>
    <IconChevronRight size={14} />
  </li>
);

function Step({ node, current }: { node: OrgNode; current: boolean }) {
  const { roots } = useOrg();
  const siblings = node.parent?.children ?? roots ?? [];
  return (
    <li {...(current && { 'aria-current': 'page' as const })}>
      {node.inScope ? (
        <Link to={hrefOf(node)} className="plain">
          {node.name}
        </Link>
      ) : (
        <span>{node.name}</span>
      )}
      {siblings.length > 1 && (
        <Menu position="bottom-start">
          <Menu.Target>
            <UnstyledButton className={classes.siblings ?? ''} aria-label={`Other than ${node.name}`}>
              <IconSelector size={14} />
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
            {siblings.map((sibling) => (
              <Menu.Item key={sibling.id} component={Link} to={hrefOf(sibling)} disabled={!sibling.inScope}>
                {sibling.name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </li>
  );
}
