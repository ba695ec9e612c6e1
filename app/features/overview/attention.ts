import type { Outputs } from '../../api.ts';
import { plural, relativeTime } from '../../ui/format.ts';
import { quantity, RESOURCES, segmentsOf } from '../capacity/capacity.ts';
import { amountOfRow, type Usage } from '../capacity/usage.ts';
import { hrefOf } from '../org/tree.ts';

/** One thing that somebody should look at, with the way to it. */
export type Concern = { key: string; kind: 'bad' | 'warn'; title: string; text: string; to: string };

/** Nodes whose grants exceed what is there now. */
export function overAllocations({ items }: Usage): Concern[] {
  return items.flatMap((row) => {
    const deficits = RESOURCES.flatMap((resource) => {
      const { over } = segmentsOf(amountOfRow(row, resource));
      return over > 0 && row.level !== 'team' ? [quantity(over, resource)] : [];
    });
    if (deficits.length === 0) return [];
    return {
      key: `over ${row.id} ${row.site}`,
      kind: 'bad',
      title: `${row.name} is over-allocated at ${row.site}`,
      text: `${deficits.join(' and ')} more granted than there is. No quota can be raised until this is gone.`,
      to: `${hrefOf(row)}?site=${encodeURIComponent(row.site)}`,
    } as const;
  });
}

type FailedProject = { id: string; name: string; team_name: string; status_reason: string | null };

export const failedProjects = (projects: FailedProject[]): Concern[] =>
  projects.map((project) => ({
    key: `project ${project.id}`,
    kind: 'bad',
    title: `${project.name} of ${project.team_name} failed`,
    text: project.status_reason ?? 'Its page tells what happened.',
    to: `/projects/${project.id}`,
  }));

/** What the database, the values files and Argo CD disagree about. */
export function driftConcern(report: { total: number } | undefined): Concern[] {
  if (!report || report.total === 0) return [];
  return [
    {
      key: 'drift',
      kind: 'warn',
      title: plural(report.total, 'thing has drifted', 'things have drifted'),
      text: 'The database, the values files and Argo CD disagree. Look at what differs, and have it mended.',
      to: '/drift',
    },
  ];
}

type Unreadable = Outputs['admin']['drift']['unreadable'][number];

/** What outside cannot be read, before any project waits for it, and what mends it. */
export const unreadableConcerns = (unreadable: Unreadable[]): Concern[] =>
  unreadable.map(({ source, name, reason }) => ({
    key: `unreadable ${source} ${name}`,
    kind: 'bad',
    title: `${OUTSIDE[source][0]}: ${name} cannot be read`,
    text: `${sentence(reason)} ${OUTSIDE[source][1]}`,
    to: '/drift',
  }));

/** That capacity is what it was hours ago, because the inventory was not read since. */
export function staleConcern(since: string | null | undefined, now: number): Concern[] {
  if (!since) return [];
  return [
    {
      key: 'stale inventory',
      kind: 'bad',
      title: `The inventory was last read ${relativeTime(since, now)}`,
      text: 'A server that broke since then still counts. Look why the syncs do not succeed.',
      to: '/sync',
    },
  ];
}

type LastRun = {
  id: string;
  outcome: string;
  error: string | null;
  withheld_offline: number;
  needs_confirmation: boolean;
};

/** The last sync, where it needs somebody. */
export function syncConcern(run: LastRun | undefined): Concern[] {
  if (run?.outcome === 'failed') {
    return [
      {
        key: run.id,
        kind: 'bad',
        title: 'The last sync failed',
        text: run.error ?? 'The inventory did not answer. Nothing was changed.',
        to: '/sync',
      },
    ];
  }
  if (!run?.needs_confirmation) return [];
  return [
    {
      key: run.id,
      kind: 'warn',
      title: 'A sync waits for you',
      text: `${plural(run.withheld_offline, 'server')} vanished at once and would go offline. Confirm it or look into the inventory.`,
      to: '/sync',
    },
  ];
}

type Waiting = Outputs['reports']['attention']['waiting'][number];

const OUTSIDE = {
  git: [
    'The Git repository',
    'See that it can be reached, that the branch is there, and that InfraHub may push to it.',
  ],
  values_file: ['The values file', 'Correct the file in Git.'],
  argocd: [
    'Argo CD',
    'See that it answers, that the application exists, and that InfraHub’s token may read and sync it.',
  ],
  sync_window: ['A sync window of Argo CD', 'It ends by itself, or change the window.'],
} as const satisfies Record<Waiting['waiting_for'], readonly [string, string]>;

/** What outside keeps projects waiting, and what mends it. */
export function waitingConcerns(waiting: Waiting[]): Concern[] {
  return waiting.map(({ waiting_for, reason, projects, project_id }) => {
    const [what, mend] = OUTSIDE[waiting_for];
    return {
      key: `waiting ${waiting_for} ${project_id}`,
      kind: waiting_for === 'sync_window' ? 'warn' : 'bad',
      title: `${what} keeps ${plural(projects, 'project')} waiting`,
      text: `${sentence(reason)} ${mend} What waits goes on by itself.`,
      to: `/projects/${project_id}`,
    };
  });
}

const sentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
