import { Alert, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { count } from '../../ui/format.ts';
import { BeforeAfter } from '../capacity/BeforeAfter.tsx';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { RESOURCES, UNIT } from '../capacity/capacity.ts';
import classes from './QuotaInput.module.css';
import { amountOfShare, type QuotaPlan } from './quota-change.ts';

const SHOWN = 6;

/** What setting a quota does to the node, to its parent, and who holds the rest, by the server's own plan. */
export function QuotaEffect({ plan: { node, parent, siblings, refusal } }: { plan: QuotaPlan }) {
  const changed = changedIn(node).length > 0;
  return (
    <Stack aria-live="polite">
      {refusal && (
        <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />}>
          {refusal.message}
        </Alert>
      )}
      {!changed && (
        <Text c="dimmed">Drag the end of a bar or enter a number to see what it does to {parent.name}.</Text>
      )}
      {[node, parent].map(({ id, name, level, before, after }) =>
        changedIn({ before, after }).map((resource) => (
          <BeforeAfter
            key={`${id} ${resource}`}
            label={name}
            resource={resource}
            of={level === 'team' ? 'used' : 'granted'}
            before={amountOfShare(before, resource)}
            after={amountOfShare(after, resource)}
          />
        )),
      )}
      {siblings.length > 0 && <Siblings siblings={siblings} parent={parent} />}
    </Stack>
  );
}

const changedIn = ({ before, after }: Pick<QuotaPlan['node'], 'before' | 'after'>) =>
  RESOURCES.filter(
    (resource) =>
      before[`${resource}_limit`] !== after[`${resource}_limit`] ||
      before[`${resource}_granted`] !== after[`${resource}_granted`],
  );

function Siblings({ siblings, parent }: Pick<QuotaPlan, 'siblings' | 'parent'>) {
  const rest = siblings.length - SHOWN;
  return (
    <div>
      <Text size="xs" fw={550} mb={6}>
        Who else has a share of {parent.name}
      </Text>
      <ul className={classes.siblings}>
        {siblings.slice(0, SHOWN).map(({ id, name, after }) => (
          <li key={id}>
            <span>{name}</span>
            <CapacityBar
              label={name}
              resource="cpu"
              amount={amountOfShare(after, 'cpu')}
              scale={parent.after.cpu_limit}
              size="sm"
            />
            <span className="numbers">
              {count(after.cpu_limit)} {UNIT.cpu}, {count(after.ram_gb_limit)} {UNIT.ram_gb}
            </span>
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <Text size="xs" c="dimmed" mt={6}>
          and {count(rest)} with less
        </Text>
      )}
    </div>
  );
}
