import { Button, Text } from '@mantine/core';
import { Link } from '@remix-run/react';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api.ts';
import { count } from '../../ui/format.ts';
import { Panel } from '../../ui/Panel.tsx';
import { useHolds } from '../auth/permissions.ts';
import type { Usage } from '../capacity/usage.ts';
import classes from './AttentionList.module.css';
import {
  type Concern,
  driftConcern,
  failedProjects,
  overAllocations,
  staleConcern,
  syncConcern,
  unreadableConcerns,
  waitingConcerns,
} from './attention.ts';

/** What is shown of it unasked: the rest of the page is to stay in sight. */
const SHOWN = 5;

/** What somebody should look at, worst first; says so when there is nothing. */
export function AttentionList({ usage }: { usage: Usage }) {
  const holds = useHolds();
  const failed = useQuery(
    api.projects.list.queryOptions({ status: 'failed', sort: 'updated_at', direction: 'desc', limit: 5 }),
  );
  const runs = useQuery({ ...api.admin.syncRuns.queryOptions({ limit: 1 }), enabled: holds('servers.sync') });
  const drift = useQuery({ ...api.admin.drift.queryOptions(), enabled: holds('drift.read') });
  const outside = useQuery(api.reports.attention.queryOptions());
  const concerns = [
    ...waitingConcerns(outside.data?.waiting ?? []),
    ...unreadableConcerns(drift.data?.unreadable ?? []),
    ...staleConcern(outside.data?.inventory_unread_since, Date.now()),
    ...overAllocations(usage),
    ...syncConcern(runs.data?.items[0]),
    ...driftConcern(drift.data),
    ...failedProjects(failed.data?.items ?? []),
  ];
  const [all, setAll] = useState(false);
  const shown = all ? concerns : concerns.slice(0, SHOWN);
  return (
    <Panel title="Needs attention">
      {concerns.length === 0 ? (
        <Text c="dimmed" className={classes.calm ?? ''}>
          <IconCircleCheck size={18} className={classes.good} aria-hidden /> Nothing needs you right now.
        </Text>
      ) : (
        <ul className={classes.list}>
          {shown.map(({ key, kind, title, text, to }) => (
            <li key={key}>
              <Mark kind={kind} />
              <div>
                <Link to={to} className="plain">
                  <Text component="span" fw={550}>
                    {title}
                  </Text>
                </Link>
                <Text c="dimmed" size="xs">
                  {text}
                </Text>
              </div>
            </li>
          ))}
        </ul>
      )}
      {shown.length < concerns.length && (
        <Button variant="subtle" size="compact-sm" mt="sm" onClick={() => setAll(true)}>
          Show {count(concerns.length - shown.length)} more
        </Button>
      )}
    </Panel>
  );
}

function Mark({ kind }: { kind: Concern['kind'] }) {
  const Icon = kind === 'bad' ? IconCircleX : IconAlertTriangle;
  return <Icon size={18} className={classes.mark} data-kind={kind} aria-hidden />;
}
