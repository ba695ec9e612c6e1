import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@remix-run/react';
import {
  IconBox,
  IconBuilding,
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconPlus,
  IconServer2,
  IconSun,
  IconUserOff,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { signOut } from '../auth/account.ts';
import { useHolds } from '../auth/permissions.ts';
import { PAGES } from '../frame/pages.ts';
import { flatten, hrefOf, pathTo } from '../org/tree.ts';
import { useOrg } from '../org/use-org.ts';
import { useEndSessions } from '../sessions/end-sessions.ts';
import { useSheet } from '../shortcuts/sheet.ts';
import { type Entry, type EntryGroup, matching } from './entries.ts';

const NODE_ICON = { center: IconBuilding, field: IconBuilding, department: IconUsersGroup, team: IconUsers } as const;
const FOUND = 6;

type Go = (to: string) => void;

/** Everything that fits what was typed, in the order in which it is offered. */
export function useGroups(text: string): EntryGroup[] {
  const navigate = useNavigate();
  const go: Go = (to) => void navigate(to);
  const groups = [
    { name: 'Pages', entries: matching(usePageEntries(go), text) },
    { name: 'Organisation', entries: matching(useNodeEntries(go), text).slice(0, text ? FOUND : 0) },
    ...useFound(text.trim(), go),
    { name: 'Actions', entries: matching(useActEntries(go), text) },
  ];
  return groups.filter(({ entries }) => entries.length > 0);
}

function usePageEntries(go: Go): Entry[] {
  const holds = useHolds();
  return PAGES.filter(({ permission }) => holds(permission)).map(({ to, label, icon }) => ({
    id: `page ${to}`,
    label,
    icon,
    act: () => go(to),
  }));
}

function useNodeEntries(go: Go): Entry[] {
  const { roots = [] } = useOrg();
  return flatten(roots)
    .filter(({ inScope, level }) => inScope && level !== 'center')
    .map((node) => ({
      id: node.id,
      label: node.name,
      hint: `${node.level} of ${pathTo(node)
        .slice(0, -1)
        .map(({ name }) => name)
        .join(' / ')}`,
      icon: NODE_ICON[node.level],
      act: () => go(hrefOf(node)),
    }));
}

/** Projects and servers are looked for by the server: there may be very many. */
function useFound(typed: string, go: Go): EntryGroup[] {
  const holds = useHolds();
  const [text] = useDebouncedValue(typed.slice(0, 100), 150);
  const enabled = text.length > 1;
  const options = { placeholderData: keepPreviousData } as const;
  const projects = useQuery({
    ...api.projects.list.queryOptions({ text, limit: FOUND }),
    ...options,
    enabled: enabled && holds('projects.read'),
  });
  const servers = useQuery({
    ...api.servers.list.queryOptions({ text, limit: FOUND }),
    ...options,
    enabled: enabled && holds('servers.read'),
  });
  if (!enabled) return [];
  return [
    {
      name: 'Projects',
      entries: (projects.data?.items ?? []).map(({ id, name, team_name, site }) => ({
        id,
        label: name,
        hint: `project of ${team_name} at ${site}`,
        icon: IconBox,
        act: () => go(`/projects/${id}`),
      })),
    },
    {
      name: 'Servers',
      entries: (servers.data?.items ?? []).map(({ id, name, site, field_name }) => ({
        id,
        label: name,
        hint: `server at ${site}, ${field_name ? `of ${field_name}` : 'free'}`,
        icon: IconServer2,
        act: () => go(`/servers?text=${encodeURIComponent(name)}`),
      })),
    },
  ];
}

function useActEntries(go: Go): Entry[] {
  const holds = useHolds();
  const { setColorScheme } = useMantineColorScheme();
  const entries: (Entry | false)[] = [
    holds('projects.create') && {
      id: 'new project',
      label: 'New project',
      hint: 'create a namespace',
      icon: IconPlus,
      act: () => go('/projects/new'),
    },
    holds('sessions.revoke') && {
      id: 'end sessions',
      label: 'End a person’s sessions',
      hint: 'sign somebody out everywhere',
      icon: IconUserOff,
      act: () => useEndSessions.setState({ open: true, username: undefined }),
    },
    { id: 'light', label: 'Light theme', icon: IconSun, act: () => setColorScheme('light') },
    { id: 'dark', label: 'Dark theme', icon: IconMoon, act: () => setColorScheme('dark') },
    { id: 'auto', label: 'Theme as the system', icon: IconDeviceDesktop, act: () => setColorScheme('auto') },
    {
      id: 'sheet',
      label: 'Keyboard shortcuts',
      hint: 'help',
      icon: IconKeyboard,
      act: () => useSheet.setState({ open: true }),
    },
    { id: 'sign out', label: 'Sign out everywhere', icon: IconLogout, act: signOut },
  ];
  return entries.filter((entry) => entry !== false);
}
