import { ActionIcon, Box, Menu } from '@mantine/core';
import { Link } from '@remix-run/react';
import { IconChevronDown, IconChevronRight, IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { count } from '../../ui/format.ts';
import { useCan } from '../auth/permissions.ts';
import { type Amounts, amountsOf } from '../capacity/amounts.ts';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { RESOURCE_NAME, RESOURCES, UNIT } from '../capacity/capacity.ts';
import type { Usage } from '../capacity/usage.ts';
import type { NodeAct } from './NodeDialogs.tsx';
import { childLevel } from './node-changes.ts';
import classes from './OrgTree.module.css';
import { flatten, hrefOf, type Level, type OrgNode, placeOf } from './tree.ts';

type OrgTreeProps = { roots: OrgNode[]; usage: Usage; site: string | undefined; onAct: (act: NodeAct) => void };

/** The organisation from the top down, with each node's share beside it. */
export function OrgTree(props: OrgTreeProps) {
  const [opened] = useState(() => openLevels(props.roots));
  return (
    <table className={classes.tree} aria-label="Organisation">
      <thead>
        <tr>
          <th scope="col">Name</th>
          {RESOURCES.map((resource) => (
            <th scope="col" key={resource} data-from="sm">
              {RESOURCE_NAME[resource]}, {UNIT[resource]} used of what it has
            </th>
          ))}
          <th scope="col" className={classes.acts}>
            <span className={classes.hidden}>Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {props.roots.map((node) => (
          <NodeRows key={node.id} node={node} depth={0} opened={opened} {...props} />
        ))}
      </tbody>
    </table>
  );
}

/** More departments than this are not opened unasked. */
const MANY_DEPARTMENTS = 60;

/** The levels that are open at first: what one can take in. */
function openLevels(roots: OrgNode[]): Level[] {
  const departments = flatten(roots).filter(({ level }) => level === 'department').length;
  return departments > MANY_DEPARTMENTS ? ['center'] : ['center', 'field'];
}

type NodeRowsProps = OrgTreeProps & { node: OrgNode; depth: number; opened: Level[] };

function NodeRows(props: NodeRowsProps) {
  const { node, depth, usage, site, opened } = props;
  const [open, setOpen] = useState(opened.includes(node.level));
  const Chevron = open ? IconChevronDown : IconChevronRight;
  const shares = node.inScope ? amountsOf(node, usage, site) : undefined;
  return (
    <>
      <tr>
        <td>
          <div className={classes.name} style={{ paddingInlineStart: depth * 22 }}>
            {node.children.length > 0 ? (
              <ActionIcon
                size="sm"
                variant="subtle"
                color="gray"
                aria-expanded={open}
                aria-label={`${open ? 'Close' : 'Open'} ${node.name}`}
                onClick={() => setOpen(!open)}
              >
                <Chevron size={15} />
              </ActionIcon>
            ) : (
              <span className={classes.leaf} />
            )}
            {node.inScope && node.level !== 'center' ? (
              <Link to={hrefOf(node)} className="plain">
                {node.name}
              </Link>
            ) : (
              node.name
            )}
            <span className={classes.level}>{node.level}</span>
          </div>
          {shares && shares.cpu.capacity > 0 && (
            <Box hiddenFrom="sm" pb={8} style={{ paddingInlineStart: depth * 22 + 28 }}>
              <CapacityBar label={node.name} resource="cpu" amount={shares.cpu} size="sm" />
              <span className={classes.level}>
                {count(shares.cpu.used)} of {count(shares.cpu.capacity)} {UNIT.cpu} used
              </span>
            </Box>
          )}
        </td>
        <Shares node={node} amounts={shares} />
        <td className={classes.acts}>
          <NodeMenu node={node} onAct={props.onAct} />
        </td>
      </tr>
      {open && node.children.map((child) => <NodeRows {...props} key={child.id} node={child} depth={depth + 1} />)}
    </>
  );
}

function Shares({ node, amounts }: { node: OrgNode; amounts: Amounts | undefined }) {
  return RESOURCES.map((resource) => {
    const amount = amounts?.[resource];
    return (
      <td key={resource} data-from="sm">
        {amount && amount.capacity + amount.granted > 0 ? (
          <div className={classes.share}>
            <CapacityBar label={node.name} resource={resource} amount={amount} size="sm" />
            <span>
              {count(amount.used)} of {count(amount.capacity)}
            </span>
          </div>
        ) : (
          <span className={classes.none}>–</span>
        )}
      </td>
    );
  });
}

const MANAGE = {
  center: 'centers.manage',
  field: 'fields.manage',
  department: 'departments.manage',
  team: 'teams.manage',
} as const;

function NodeMenu({ node, onAct }: { node: OrgNode; onAct: (act: NodeAct) => void }) {
  const can = useCan();
  const place = placeOf(node);
  const child = childLevel(node);
  const mayCreate = child !== undefined && can(MANAGE[child], place);
  const mayManage = can(MANAGE[node.level], place);
  if (!mayCreate && !mayManage) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${node.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mayCreate && <Menu.Item onClick={() => onAct({ kind: 'create', parent: node })}>New {child}…</Menu.Item>}
        {mayManage && <Menu.Item onClick={() => onAct({ kind: 'rename', node })}>Rename…</Menu.Item>}
        {mayManage && (
          <Menu.Item color="red" onClick={() => onAct({ kind: 'delete', node })}>
            Delete…
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
