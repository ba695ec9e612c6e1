import { Notifications } from '@mantine/notifications';
import { type ClientLoaderFunctionArgs, Outlet, useLocation, useNavigate } from '@remix-run/react';
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, queryClient } from '../api.ts';
import { useQuietRenewal } from '../features/auth/account.ts';
import { signInPath } from '../features/auth/next-path.ts';
import { SignInAgain } from '../features/auth/SignInAgain.tsx';
import { useSession } from '../features/auth/session.ts';
import { EmptyFrame, Frame } from '../features/frame/Frame.tsx';
import { useLiveUpdates } from '../features/frame/live.ts';
import { requireSession } from '../page-loader.ts';
import { RouteProblem } from '../ui/RouteProblem.tsx';

export async function clientLoader({ request }: ClientLoaderFunctionArgs): Promise<null> {
  await requireSession(request);
  await Promise.all([
    queryClient.ensureQueryData(api.auth.me.queryOptions()),
    queryClient.prefetchQuery(api.org.tree.queryOptions()),
  ]);
  return null;
}
clientLoader.hydrate = true;

export const HydrateFallback = EmptyFrame;

export default function FrameRoute() {
  useQuietRenewal();
  useLiveUpdates();
  const signedIn = useLeaveWhenSignedOut();
  if (!signedIn) return null;
  return (
    <QueryClientProvider client={queryClient}>
      <Notifications position="bottom-right" />
      <Frame>
        <Outlet />
      </Frame>
      <SignInAgain />
    </QueryClientProvider>
  );
}

export function ErrorBoundary() {
  return <RouteProblem />;
}

function useLeaveWhenSignedOut(): boolean {
  const signedIn = useSession((state) => state.session !== undefined);
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  useEffect(() => {
    if (!signedIn) void navigate(signInPath(new URL(pathname + search, location.origin)));
  }, [signedIn, navigate, pathname, search]);
  return signedIn;
}
