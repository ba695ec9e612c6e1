import { NumberInput, Slider, Stack } from '@mantine/core';
import { count } from '../../ui/format.ts';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { RESOURCE_NAME, type Resource, UNIT } from '../capacity/capacity.ts';
import classes from './QuotaInput.module.css';
import { ceilingOf, floorOf, type QuotaSubject, withinReach } from './quota-change.ts';

const STEP = { cpu: 4, ram_gb: 16 } as const;

type QuotaInputProps = {
  subject: QuotaSubject;
  resource: Resource;
  value: number | undefined;
  error: string | undefined;
  onChange: (value: number | undefined) => void;
  first: boolean;
};

/** One limit, by number or by dragging the end of its bar; the bar stops at what is held and at what is free. */
export function QuotaInput({ subject, resource, value, error, onChange, first }: QuotaInputProps) {
  const label = `${RESOURCE_NAME[resource]}, ${UNIT[resource]}`;
  const [floor, ceiling] = [floorOf(subject, resource), ceilingOf(subject, resource)];
  const { granted, used } = subject.now[resource];
  const capacity = value ?? subject.now[resource].capacity;
  return (
    <Stack gap="xs">
      <NumberInput
        label={label}
        description={`${count(floor)} held already, room for ${count(ceiling)}`}
        value={value ?? ''}
        onChange={(typed) => onChange(typeof typed === 'number' ? typed : undefined)}
        error={value === undefined ? 'Enter a number' : error}
        min={0}
        max={100_000_000}
        clampBehavior="strict"
        allowDecimal={false}
        allowNegative={false}
        thousandSeparator=","
        step={STEP[resource]}
        data-autofocus={first || undefined}
      />
      <div className={classes.bar}>
        <CapacityBar
          label={`${subject.name} ${RESOURCE_NAME[resource]}`}
          resource={resource}
          amount={{ capacity, granted: subject.level === 'team' ? used : granted, used }}
          scale={Math.max(ceiling, capacity)}
        />
        <Slider
          classNames={{ root: classes.slider ?? '', thumb: classes.thumb ?? '', track: classes.track ?? '' }}
          min={0}
          max={Math.max(ceiling, capacity, 1)}
          step={1}
          value={capacity}
          onChange={(dragged) => onChange(withinReach(subject, resource, dragged))}
          label={null}
          thumbLabel={`${label}, on the bar`}
          thumbProps={{ 'aria-valuetext': `${count(capacity)} ${UNIT[resource]}` }}
        />
      </div>
    </Stack>
  );
}
