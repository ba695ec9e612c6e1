import { Box } from '@mantine/core';
import { isRouteErrorResponse, useRouteError } from '@remix-run/react';
import { NotFound } from './Notice.tsx';
import { asProblem } from './problem.ts';
import { ProblemState } from './states.tsx';

/** What a route shows when it broke, or is not there. */
export function RouteProblem() {
  const error = useRouteError();
  return (
    <Box component="main" maw={720} mx="auto" py={64} px="md">
      {isRouteErrorResponse(error) && error.status === 404 ? (
        <NotFound />
      ) : (
        <ProblemState problem={asProblem(error)} onRetry={() => location.reload()} />
      )}
    </Box>
  );
}
