import { Alert, Anchor, Box, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@remix-run/react';
import { IconAlertTriangle, IconInbox, IconLock, IconMapOff, type TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { CopyText } from './CopyText.tsx';
import type { Problem } from './problem.ts';
import classes from './states.module.css';

type NoticeProps = { icon: TablerIcon; title: string; children?: ReactNode; action?: ReactNode; whole?: boolean };

function Notice({ icon: Icon, title, children, action, whole = false }: NoticeProps) {
  return (
    <Stack align="center" gap={6} className={classes.notice ?? ''}>
      <Icon size={28} stroke={1.5} className={classes.icon} aria-hidden />
      <Title order={whole ? 1 : 2} size="h2">
        {title}
      </Title>
      {children && (
        <Text c="dimmed" maw={460} ta="center" component="div">
          {children}
        </Text>
      )}
      {action && <Box mt="xs">{action}</Box>}
    </Stack>
  );
}

/** Nothing is there yet, or nothing matches: says which, and what to do. */
export function Empty({ title, children, action }: Omit<NoticeProps, 'icon' | 'whole'>) {
  return (
    <Notice icon={IconInbox} title={title} action={action}>
      {children}
    </Notice>
  );
}

export function Forbidden({ message }: { message?: string }) {
  return (
    <Notice
      icon={IconLock}
      whole
      title="This is not yours to see"
      action={
        <Anchor component={Link} to="/">
          Go to the overview
        </Anchor>
      }
    >
      {message ?? 'Your role does not include this page.'} Ask your administrator if you need it.
    </Notice>
  );
}

export function NotFound({ what = 'page' }: { what?: string }) {
  return (
    <Notice
      icon={IconMapOff}
      whole
      title={`There is no such ${what}`}
      action={
        <Anchor component={Link} to="/">
          Go to the overview
        </Anchor>
      }
    >
      It may have been deleted, or the address is mistyped.
    </Notice>
  );
}

/** A refusal or failure in words, with the id under which the operator's log knows it. */
export function ProblemAlert({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} role="alert">
      <Stack gap={6} align="flex-start">
        <Text>{problem.message}</Text>
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

/** What takes a whole part of the page because its data did not come. */
export function ProblemState({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  if (problem.code === 'FORBIDDEN') return <Forbidden message={problem.message} />;
  if (problem.code === 'NOT_FOUND') return <NotFound what={String(problem.details.what ?? 'page')} />;
  return (
    <Box className={classes.problem ?? ''}>
      <ProblemAlert problem={problem} {...(onRetry && { onRetry })} />
    </Box>
  );
}

const LINES = ['92%', '75%', '84%', '68%'];

export function LoadingLines() {
  return (
    <Stack gap="sm" className={classes.loading ?? ''} role="status" aria-label="Loading">
      {LINES.map((width) => (
        <Skeleton key={width} height={18} width={width} />
      ))}
    </Stack>
  );
}
