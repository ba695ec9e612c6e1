import { entryOf, namespaceOf, sizeOf } from './model-state.ts';
import type { View } from './model-view.ts';

/**
 * What must never be seen, whatever the model says: a project that is active without its namespace or its entry, and a
 * namespace or an entry whose quota was given back.
 */
export function whatIsUnsafe({ projects, git, cluster }: View): string[] {
  const all = Object.entries(projects);
  const paid = new Set(
    all.filter(([, p]) => p.status !== 'failed' && p.status !== 'decommissioned').map(([, p]) => namespaceOf(p)),
  );
  const ghosts = [...Object.keys(cluster.live), ...Object.keys(git.entries)].filter((name) => !paid.has(name));
  const hollow = all.filter(([, project]) => {
    if (project.status !== 'active') return false;
    const name = namespaceOf(project);
    const entry = entryOf(project, sizeOf(project.sla, project.tier));
    return cluster.live[name] !== entry || git.entries[name] !== entry;
  });
  return [
    ...ghosts.map((name) => `${name} is there, and nobody holds quota for it`),
    ...hollow.map(([key]) => `${key} is active, and its namespace or its entry is not there as it should be`),
  ];
}
