import { Text, Tooltip } from '@mantine/core';
import { NavLink } from '@remix-run/react';
import { IconBuilding, IconPlus, IconUsers, IconUsersGroup, type TablerIcon } from '@tabler/icons-react';
import { type Me, useHolds, useMe } from '../auth/permissions.ts';
import classes from './Frame.module.css';
import { PAGES } from './pages.ts';

type EntryProps = { to: string; label: string; icon: TablerIcon; end?: boolean; onGo: () => void };

function Entry({ to, label, icon: Icon, end = false, onGo }: EntryProps) {
  return (
    <Tooltip label={label} position="right" classNames={{ tooltip: classes.railTip ?? '' }}>
      <NavLink to={to} end={end} className={classes.entry ?? ''} onClick={onGo} prefetch="intent">
        <Icon size={18} stroke={1.75} aria-hidden />
        <span className={classes.entryName}>{label}</span>
      </NavLink>
    </Tooltip>
  );
}

const HOME = {
  field_admin: { path: '/fields', icon: IconBuilding },
  dept_admin: { path: '/departments', icon: IconUsersGroup },
  team_lead: { path: '/teams', icon: IconUsers },
} as const;

/** The nodes that the grants name: where the caller's own work is. */
function homesOf(me: Me): Omit<EntryProps, 'onGo'>[] {
  return me.grants.flatMap(({ role, scope_id, scope_name }) =>
    role === 'center_admin' || scope_id === null
      ? []
      : [{ to: `${HOME[role].path}/${scope_id}`, label: scope_name ?? 'Unnamed', icon: HOME[role].icon }],
  );
}

/** The pages that the caller's grants allow. */
export function Rail({ onGo }: { onGo: () => void }) {
  const holds = useHolds();
  const homes = homesOf(useMe());
  return (
    <nav aria-label="Pages" className={classes.rail}>
      {holds('projects.create') && <Entry to="/projects/new" label="New project" icon={IconPlus} onGo={onGo} />}
      {PAGES.filter((page) => holds(page.permission)).map(({ to, label, icon }) => (
        <Entry key={to} to={to} label={label} icon={icon} end={to === '/' || to === '/projects'} onGo={onGo} />
      ))}
      {homes.length > 0 && (
        <Text className={classes.railHead ?? ''} size="xs">
          Yours
        </Text>
      )}
      {homes.map((home) => (
        <Entry key={home.to} {...home} onGo={onGo} />
      ))}
    </nav>
  );
}
