import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api.ts';
import { useCan } from '../auth/permissions.ts';
import { type OrgNode, placeOf } from '../org/tree.ts';
import { EditQuota } from './EditQuota.tsx';
import { subjectOf } from './quota-change.ts';

const MAY = { department: 'department_quotas.set', team: 'team_quotas.set' } as const;

/** Sets the quota of the node that a page is about, at any site where its parent has something; for those who may. */
export function SetQuota({ level, node }: { level: keyof typeof MAY; node: OrgNode }) {
  const usage = useQuery(api.reports.usage.queryOptions({})).data;
  const may = useCan()(MAY[level], placeOf(node));
  const [site, setSite] = useState<string>();
  const { parent } = node;
  const sites = usage?.items.filter(({ id }) => id === parent?.id).map((row) => row.site) ?? [];
  if (!may || !parent || !usage || sites.length === 0) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} />}>
            Set quota
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>At which site</Menu.Label>
          {sites.map((choice) => (
            <Menu.Item key={choice} onClick={() => setSite(choice)}>
              <code>{choice}</code>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {site && (
        <EditQuota
          key={site}
          subject={subjectOf(node, parent, level, site, usage)}
          onClose={() => setSite(undefined)}
        />
      )}
    </>
  );
}
