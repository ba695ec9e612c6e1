import type { Db } from '../platform/database.ts';
import { type Caller, scopeOf } from '../platform/policy.ts';
import * as levels from './levels.repository.ts';
import { createNodesService } from './nodes.service.ts';
import type { Tree } from './org.schema.ts';
import { readTree } from './tree.repository.ts';

/** The organisation: centers, fields, departments, teams, and the tree of them. */
export function createOrgService({ db }: { db: Db }) {
  return {
    centers: createNodesService({ db, level: levels.center, manage: 'centers.manage' }),
    fields: createNodesService({ db, level: levels.field, manage: 'fields.manage' }),
    departments: createNodesService({ db, level: levels.department, manage: 'departments.manage' }),
    teams: createNodesService({ db, level: levels.team, manage: 'teams.manage' }),

    /** What the caller's grants cover, with its shares, and the bare names on the way there. */
    tree: (caller: Caller): Promise<Tree> => readTree(db, scopeOf(caller, 'org.read')),
  };
}
