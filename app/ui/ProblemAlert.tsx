import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { CopyText } from './CopyText.tsx';
import { issuesOf, type Problem } from './problem.ts';
import classes from './states.module.css';

/** A refusal or failure in words, with the id under which the operator's log knows it. */
export function ProblemAlert({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} role="alert">
      <Stack gap={6} align="flex-start">
        <Text>{problem.message}</Text>
        {issuesOf(problem).map((issue) => (
          <Text key={issue} size="xs">
            {issue}
          </Text>
        ))}
        {problem.requestId && (
          <Group gap={6} className={classes.request ?? ''}>
            <Text size="xs" c="dimmed">
              Request
            </Text>
            <CopyText text={problem.requestId} label="request id" />
          </Group>
        )}
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
