import { useSuspenseQuery } from '@tanstack/react-query';
import { can, holds, type Permission, type Place } from '../../../server/platform/policy.ts';
import { api, type Outputs } from '../../api.ts';

export type Me = Outputs['auth']['me'];

/** Who is signed in. The frame has asked before any page is shown. */
export function useMe(): Me {
  return useSuspenseQuery(api.auth.me.queryOptions()).data;
}

/** Whether the caller may do this at this place, by the policy that the server decides with. */
export function useCan(): (permission: Permission, place: Place) => boolean {
  const me = useMe();
  return (permission, place) => can(me, permission, place);
}

/** Whether the caller may do this anywhere: which pages they see. */
export function useHolds(): (permission: Permission) => boolean {
  const me = useMe();
  return (permission) => holds(me, permission);
}
