import { index, layout, type RouteConfig, route } from '@remix-run/route-config';

/** Every page of the portal. What lies in the frame needs a signed-in person. */
export default [
  route('sign-in', 'routes/sign-in.tsx'),
  layout('routes/frame.tsx', [
    index('routes/overview.tsx'),
    route('organisation', 'routes/organisation.tsx'),
    route('fields/:id', 'routes/field.tsx'),
    route('departments/:id', 'routes/department.tsx'),
    route('teams/:id', 'routes/team.tsx'),
    route('servers', 'routes/servers.tsx'),
    route('projects', 'routes/projects.tsx'),
    route('projects/new', 'routes/new-project.tsx'),
    route('projects/:id', 'routes/project.tsx'),
    route('sync', 'routes/sync.tsx'),
    route('drift', 'routes/drift.tsx'),
    route('audit', 'routes/audit.tsx'),
  ]),
  route('*', 'routes/not-found.tsx'),
] satisfies RouteConfig;
