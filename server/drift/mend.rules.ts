import type { Targets } from '../provisioning/targets.rules.ts';
import { type NamespaceEntry, readValuesFile, type ValuesChange } from '../provisioning/values-file.rules.ts';
import { homeOf, type KnownProject, wantsEntry } from './drift.rules.ts';
import type { Difference } from './drift.schema.ts';
import { entryOf, ourEntry } from './entry.rules.ts';

/** What is to become of a values file for these differences, as the projects are now: what is no longer so is left out. */
export function changeFor(
  differences: readonly Difference[],
  projects: ReadonlyMap<string, KnownProject>,
  targets: Targets,
): ValuesChange {
  const put = new Map<string, NamespaceEntry>();
  const remove = new Set<string>();
  for (const { namespace_name: namespace, values_file: path, mend } of differences) {
    const project = projects.get(namespace ?? '');
    if (namespace === null || project?.isMoving) continue;
    const isAtHome = project && wantsEntry(project) && homeOf(targets, project).path === path;
    if (isAtHome && mend?.action === 'write_entry') put.set(namespace, entryOf(project));
    if (!isAtHome && mend?.action === 'remove_entry') remove.add(namespace);
  }
  return { put, remove };
}

/**
 * The change without the removal of what somebody else has written under that name.
 * @throws ValuesFileError
 */
export function sparingOthers(text: string | undefined, { put, remove }: ValuesChange): ValuesChange {
  const entries = readValuesFile(text);
  return { put, remove: new Set([...remove].filter((namespace) => ourEntry(entries.get(namespace)) !== undefined)) };
}

/** Names every entry that the commit mends. */
export function mendMessage({ put, remove }: ValuesChange): string {
  const lines = [...[...put.keys()].map((name) => `+ ${name}`), ...[...remove].map((name) => `- ${name}`)];
  return `Mend ${lines.length === 1 ? 'an entry' : `${lines.length} entries`} that had drifted\n\n${lines.join('\n')}\n`;
}
