import { NumberInput, Slider, Stack } from '@mantine/core';
import { type ClipboardEvent, useState } from 'react';
import { count } from '../../ui/format.ts';
import { CapacityBar } from '../capacity/CapacityBar.tsx';
import { RESOURCE_NAME, type Resource, UNIT } from '../capacity/capacity.ts';
import classes from './QuotaInput.module.css';
import { ceilingOf, floorOf, type QuotaSubject, withinReach } from './quota-change.ts';
import { isAmountOf, limitOf, wrongWith } from './typed-limit.ts';

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
  const [typed, setTyped] = useState<number | string>(value ?? '');
  const [refused, setRefused] = useState<string>();
  const label = `${RESOURCE_NAME[resource]}, ${UNIT[resource]}`;
  const [floor, ceiling] = [floorOf(subject, resource), ceilingOf(subject, resource)];
  const { granted, used } = subject.now[resource];
  const capacity = value ?? subject.now[resource].capacity;
  const take = (entered: number | string) => {
    setRefused(undefined);
    setTyped(entered);
    onChange(limitOf(entered));
  };
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text').trim();
    if (isAmountOf(resource, text)) return;
    // Else its digits alone would be taken: 2048 of "2,048 MiB", 15 of "1.5".
    event.preventDefault();
    setRefused(`“${text.slice(0, 20)}” is no whole number of ${UNIT[resource]}`);
  };
  return (
    <Stack gap="xs">
      <NumberInput
        label={label}
        description={`${count(floor)} held already, room for ${count(ceiling)}`}
        value={limitOf(typed) === value ? typed : (value ?? '')}
        onChange={take}
        onPaste={paste}
        error={refused ?? (value === undefined ? wrongWith(typed) : error)}
        min={0}
        clampBehavior="none"
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
          onChange={(dragged) => take(withinReach(subject, resource, dragged))}
          label={null}
          thumbLabel={`${label}, on the bar`}
          thumbProps={{ 'aria-valuetext': `${count(capacity)} ${UNIT[resource]}` }}
        />
      </div>
    </Stack>
  );
}
