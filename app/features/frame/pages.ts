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

type PageEntry = {
  to: string;
  label: string;
  icon: TablerIcon;
  permission: Permission;
  /** What is pressed after `g` to go there. */
  key: string;
};

/** The pages of the rail; each is there for whoever holds its permission anywhere. */
export const PAGES: PageEntry[] = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard, permission: 'reports.read', key: 'o' },
  { to: '/organisation', label: 'Organisation', icon: IconSitemap, permission: 'teams.manage', key: 't' },
  { to: '/servers', label: 'Servers', icon: IconServer2, permission: 'servers.read', key: 's' },
  { to: '/projects', label: 'Projects', icon: IconBox, permission: 'projects.read', key: 'p' },
  { to: '/sync', label: 'Sync', icon: IconRefresh, permission: 'servers.sync', key: 'y' },
  { to: '/drift', label: 'Drift', icon: IconGitCompare, permission: 'drift.read', key: 'd' },
  { to: '/audit', label: 'Audit', icon: IconHistory, permission: 'audit.read', key: 'a' },
];
