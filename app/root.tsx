import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './global.css';
import { ColorSchemeScript, MantineProvider, mantineHtmlProps } from '@mantine/core';
import { Links, Meta, Outlet, Scripts, ScrollRestoration } from '@remix-run/react';
import type { ReactNode } from 'react';
import icon from './icon.svg';
import { useNonce } from './nonce.ts';
import { theme, tokens } from './theme.ts';
import { RouteProblem } from './ui/RouteProblem.tsx';

/** zod tries whether it may compile schemas, which the policy forbids and reports; asked before any schema is made. */
const NO_COMPILED_SCHEMAS = 'globalThis.__zod_globalConfig={jitless:true}';

export const meta = () => [{ title: 'InfraHub' }];

export function Layout({ children }: { children: ReactNode }) {
  const nonce = useNonce();
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href={icon} type="image/svg+xml" />
        <Meta />
        <Links />
        <ColorSchemeScript nonce={nonce ?? ''} defaultColorScheme="auto" />
        <script nonce={nonce ?? ''}>{NO_COMPILED_SCHEMAS}</script>
      </head>
      <body>
        <MantineProvider theme={theme} cssVariablesResolver={tokens} defaultColorScheme="auto">
          {children}
        </MantineProvider>
        <ScrollRestoration {...(nonce && { nonce })} />
        <Scripts {...(nonce && { nonce })} />
      </body>
    </html>
  );
}

export default function Root() {
  return <Outlet />;
}

export function ErrorBoundary() {
  return <RouteProblem />;
}
