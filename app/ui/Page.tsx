import { Box, Group, Stack, Text, Title } from '@mantine/core';
import { createContext, type ReactNode } from 'react';
import classes from './Page.module.css';

/** Whether there is a page around, whose name is the heading of the first level already. */
export const InPage = createContext(false);

type PageProps = {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  /** Tables may take the full width; text and forms do not. */
  wide?: boolean;
  children: ReactNode;
};

/** One page's content: its name, what one can do there, and the rest. */
export function Page({ title, description, actions, wide = false, children }: PageProps) {
  return (
    <Stack gap="lg" className={classes.page ?? ''} data-wide={wide || undefined}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box className={classes.heading ?? ''}>
          <Title order={1}>{title}</Title>
          {description && (
            <Text c="dimmed" mt={2} component="div">
              {description}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      <InPage.Provider value={true}>{children}</InPage.Provider>
    </Stack>
  );
}
