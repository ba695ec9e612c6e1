import { memo, type ReactNode } from 'react';

/** React's `memo` for a component that has type parameters, which `memo`’s own type loses. */
export const memoised: <P extends object>(component: (props: P) => ReactNode) => (props: P) => ReactNode = memo;
