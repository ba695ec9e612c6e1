import { Box, Skeleton, Stack } from '@mantine/core';
import { Forbidden, NotFound } from './Notice.tsx';
import { ProblemAlert } from './ProblemAlert.tsx';
import type { Problem } from './problem.ts';
import classes from './states.module.css';

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
