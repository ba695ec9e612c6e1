import type { Project } from '../../../server/projects/projects.schema.ts';
import { useCan } from '../auth/permissions.ts';
import { placeOf } from '../org/tree.ts';
import { useNode } from '../org/use-org.ts';

/** What the caller may do with a project in the state in which it is. */
export function useMay({ team_id, status }: Project) {
  const can = useCan();
  const team = useNode(team_id);
  const place = team ? placeOf(team) : { teamId: team_id };
  const lead = can('projects.create', place);
  return {
    lead,
    retry: lead && status === 'failed',
    resize: lead && status === 'active',
    decommission: can('projects.decommission', place) && (status === 'active' || status === 'failed'),
  };
}
