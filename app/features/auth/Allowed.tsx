import type { ReactNode } from 'react';
import type { Permission } from '../../../server/platform/policy.ts';
import { Forbidden } from '../../ui/Notice.tsx';
import { useHolds } from './permissions.ts';

/** A page for those who hold the permission anywhere; the others are told that it is not theirs. */
export function Allowed({ to, children }: { to: Permission; children: ReactNode }) {
  return useHolds()(to) ? children : <Forbidden />;
}
