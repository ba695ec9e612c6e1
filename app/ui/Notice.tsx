import { Anchor, Box, Stack, Text, Title } from '@mantine/core';
import { Link } from '@remix-run/react';
import { IconInbox, IconLock, IconMapOff, type TablerIcon } from '@tabler/icons-react';
import { type ReactNode, useContext } from 'react';
import { InPage } from './Page.tsx';
import classes from './states.module.css';

type NoticeProps = { icon: TablerIcon; title: string; children?: ReactNode; action?: ReactNode };

function Notice({ icon: Icon, title, children, action }: NoticeProps) {
  const order = useContext(InPage) ? 2 : 1;
  return (
    <Stack align="center" gap={6} className={classes.notice ?? ''}>
      <Icon size={28} stroke={1.5} className={classes.icon} aria-hidden />
      <Title order={order} size="h2">
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

const toOverview = (
  <Anchor component={Link} to="/">
    Go to the overview
  </Anchor>
);

/** Nothing is there yet, or nothing matches: says which, and what to do. */
export function Empty({ icon = IconInbox, title, children, action }: Partial<NoticeProps> & { title: string }) {
  return (
    <Notice icon={icon} title={title} action={action}>
      {children}
    </Notice>
  );
}

export function Forbidden({ message }: { message?: string }) {
  return (
    <Notice icon={IconLock} title="This is not yours to see" action={toOverview}>
      {message ?? 'Your role does not include this page.'} Ask your administrator if you need it.
    </Notice>
  );
}

export function NotFound({ what = 'page' }: { what?: string }) {
  return (
    <Notice icon={IconMapOff} title={`There is no such ${what}`} action={toOverview}>
      It may have been deleted, or the address is mistyped.
    </Notice>
  );
}
