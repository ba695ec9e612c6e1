import { Box, Group, Paper, Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import classes from './Panel.module.css';

type PanelProps = {
  title?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
  /** The content reaches the panel's edges, as tables do. */
  flush?: boolean;
  children: ReactNode;
};

/** A quiet surface that holds one thing. */
export function Panel({ title, hint, actions, flush = false, children }: PanelProps) {
  const heading = useId();
  return (
    <Paper component="section" className={classes.panel ?? ''} {...(title ? { 'aria-labelledby': heading } : {})}>
      {(title || actions) && (
        <Group justify="space-between" className={classes.head ?? ''} gap="xs">
          <Box>
            <Title order={2} id={heading}>
              {title}
            </Title>
            {hint && (
              <Text c="dimmed" size="xs" component="div">
                {hint}
              </Text>
            )}
          </Box>
          {actions}
        </Group>
      )}
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </Paper>
  );
}
