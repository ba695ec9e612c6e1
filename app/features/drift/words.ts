import type { FindingKind, MendAction } from '../../../server/drift/drift.schema.ts';
import type { Outputs } from '../../api.ts';

export type Report = Outputs['admin']['drift'];
export type Finding = Report['findings'][number];

export const KIND = {
  entry_without_project: 'Entry without a project',
  project_without_entry: 'Project without its entry',
  entry_differs: 'Entry that differs',
  namespace_missing: 'Namespace that is missing',
  namespace_unexpected: 'Namespace that nobody asked for',
  quota_counter: 'Usage that does not add up',
} as const satisfies Record<FindingKind, string>;

export const SOURCE = { git: 'Git', values_file: 'Values file', argocd: 'Argo CD' } as const;

/** What an action does, and what it takes with it. */
export const CONSEQUENCE = {
  write_entry: 'The entry is written to the values file as the database has it, committed and synced.',
  remove_entry:
    'The entry is removed from the values file, and Argo CD removes its namespace with everything that runs in it.',
  sync: 'Argo CD syncs the application, which creates the namespace.',
  prune: 'Argo CD removes the namespace with everything that runs in it.',
  recount: 'The usage counter is set to the sum of its ledger.',
} as const satisfies Record<MendAction, string>;

/** Whether the action removes what may be running: it asks for the name to be typed. */
export const destroys = (action: MendAction): boolean => action === 'remove_entry' || action === 'prune';

/** Whether anything is being mended just now. */
export const isMending = ({ findings }: Report): boolean => findings.some(({ mending }) => mending && !mending.done);
