import { Group, Input, Radio, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './ChoiceCards.module.css';

type Choice<T extends string> = {
  value: T;
  title: ReactNode;
  text: string;
  /** Why it cannot be chosen now. */
  impossible?: string | undefined;
};

type ChoiceCardsProps<T extends string> = {
  label: string;
  choices: Choice<T>[];
  value: T | undefined;
  onChange: (value: T) => void;
};

/** A few choices side by side, each with what it means; an impossible one is greyed and says why. */
export function ChoiceCards<T extends string>({ label, choices, value, onChange }: ChoiceCardsProps<T>) {
  const choose = (chosen: string) => {
    const choice = choices.find((candidate) => candidate.value === chosen);
    if (choice) onChange(choice.value);
  };
  return (
    <Radio.Group value={value ?? null} onChange={choose} label={<Input.Label component="span">{label}</Input.Label>}>
      <div className={classes.cards}>
        {choices.map(({ value: own, title, text, impossible }) => (
          <Radio.Card
            key={own}
            value={own}
            className={classes.card ?? ''}
            disabled={impossible !== undefined && own !== value}
            data-impossible={impossible !== undefined || undefined}
          >
            <Group gap="xs" wrap="nowrap" align="flex-start">
              <Radio.Indicator mt={2} size="xs" />
              <div>
                <Text fw={550} component="div">
                  {title}
                </Text>
                <Text size="xs" c={impossible && own === value ? 'var(--status-bad)' : 'dimmed'} className="numbers">
                  {impossible ?? text}
                </Text>
              </div>
            </Group>
          </Radio.Card>
        ))}
      </div>
    </Radio.Group>
  );
}
