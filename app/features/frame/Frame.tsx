import { AppShell, Burger, Drawer, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link } from '@remix-run/react';
import type { ReactNode } from 'react';
import icon from '../../icon.svg';
import { Commands } from '../palette/Commands.tsx';
import { AccountMenu } from './AccountMenu.tsx';
import { Breadcrumbs } from './Breadcrumbs.tsx';
import classes from './Frame.module.css';
import { LiveDot } from './LiveDot.tsx';
import { Rail } from './Rail.tsx';
import { useLightPaper } from './use-light-paper.ts';

/** What stands around every page: the rail, the top bar, and a link over both for the keyboard. */
export function Frame({ children }: { children: ReactNode }) {
  const [open, { toggle, close }] = useDisclosure();
  useLightPaper();
  return (
    <AppShell
      layout="alt"
      header={{ height: 52 }}
      navbar={{ width: { base: 0, sm: 58, lg: 208 }, breakpoint: 'sm', collapsed: { mobile: true } }}
      padding={{ base: 'md', sm: 'lg' }}
      transitionDuration={0}
    >
      <a href="#content" className={classes.skip}>
        Skip to the content
      </a>
      <AppShell.Navbar className={classes.navbar ?? ''}>
        <Brand />
        <Rail onGo={close} />
      </AppShell.Navbar>
      <AppShell.Header className={classes.header ?? ''}>
        <Group gap="xs" wrap="nowrap" miw={0}>
          <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Pages" />
          <Breadcrumbs />
        </Group>
        <Group gap="sm" wrap="nowrap">
          <Commands />
          <LiveDot />
          <AccountMenu />
        </Group>
      </AppShell.Header>
      <Drawer opened={open} onClose={close} size={260} title={<Brand />} hiddenFrom="sm">
        <Rail onGo={close} />
      </Drawer>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main ?? ''}>
        {children}
        <div id="overlays" />
      </AppShell.Main>
    </AppShell>
  );
}

function Brand() {
  return (
    <Link to="/" className={classes.brand ?? ''} aria-label="InfraHub, overview">
      <img src={icon} alt="" width={26} height={26} />
      <span className={classes.entryName}>InfraHub</span>
    </Link>
  );
}

/** The frame before anything is known: the same places, empty. */
export function EmptyFrame() {
  return (
    <AppShell
      layout="alt"
      header={{ height: 52 }}
      navbar={{ width: { base: 0, sm: 58, lg: 208 }, breakpoint: 'sm', collapsed: { mobile: true } }}
    >
      <AppShell.Navbar className={classes.navbar ?? ''} />
      <AppShell.Header className={classes.header ?? ''} />
      <AppShell.Main aria-busy="true" aria-label="Loading" />
    </AppShell>
  );
}
