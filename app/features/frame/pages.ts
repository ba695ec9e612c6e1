import {
  IconBox,
  IconGitCompare,
  IconHistory,
  IconLayoutDashboard,
  IconRefresh,
  IconServer2,
  IconSitemap,
  type TablerIcon,
} from '@tabler/icons-react';
import type { Permission } from '../../../server/platform/policy.ts';

type PageEntry = { to: string; label: string; icon: TablerIcon; permission: Permission };

/** The pages of the rail; each is there for whoever holds its permission anywhere. */
export const PAGES: PageEntry[] = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard, permission: 'reports.read' },
  { to: '/organisation', label: 'Organisation', icon: IconSitemap, permission: 'teams.manage' },
  { to: '/servers', label: 'Servers', icon: IconServer2, permission: 'servers.read' },
  { to: '/projects', label: 'Projects', icon: IconBox, permission: 'projects.read' },
  { to: '/sync', label: 'Sync', icon: IconRefresh, permission: 'servers.sync' },
  { to: '/drift', label: 'Drift', icon: IconGitCompare, permission: 'drift.read' },
  { to: '/audit', label: 'Audit', icon: IconHistory, permission: 'audit.read' },
];
