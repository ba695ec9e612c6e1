import fc from 'fast-check';
import { deed, grantsOf, oftenest, type Plan, type Who, who } from './model-calls.ts';
import { createNode, deleteNode, moveServers, renameNode } from './model-org-plans.ts';
import {
  createProject,
  decommissionProject,
  resizeProject,
  retryProject,
  WATCH,
  WRITE,
} from './model-project-plans.ts';
import { setQuota } from './model-quota-plans.ts';
import { sync, verify } from './model-rules.ts';

const syncBy = (who: Who): Plan => ({
  label: 'sync servers',
  aim(state) {
    const grants = grantsOf(state, who, 'run a sync', '');
    return deed({
      title: 'sync the servers',
      grants,
      decide: (s) => sync(s, grants),
      perform: (world, caller) => world.services.sync.syncNow(caller, {}),
      outcome: (run) => run.outcome,
    });
  },
});
const syncServers = who.map(syncBy);

/** A sync by somebody who may. */
export const SYNC = syncBy({ isEntitled: true, n: 0, others: [] });

const verifyQuotas = fc.record({ who, repair: fc.boolean() }).map(
  ({ who, repair }): Plan => ({
    label: 'verify quotas',
    aim(state) {
      const grants = grantsOf(state, who, 'verify quotas', '');
      return deed({
        title: `verify the quotas${repair ? ' and repair them' : ''}`,
        grants,
        decide: (s) => verify(s, grants),
        perform: (world, caller) => world.services.quotas.verify(caller, { repair }),
        outcome: ({ mismatches }) => (mismatches.length > 0 ? JSON.stringify(mismatches) : 'done'),
      });
    },
  }),
);

const setDepartmentQuota = setQuota('department');
const setTeamQuota = setQuota('team');
const steps = fc.constantFrom(WRITE, WATCH);

/** Everything that somebody can ask for and change something by, and the two steps of provisioning. */
export const anything = oftenest([
  [2, createNode],
  [1, renameNode],
  [1, deleteNode],
  [2, moveServers('allocate')],
  [3, moveServers('release')],
  [4, setDepartmentQuota],
  [5, setTeamQuota],
  [8, createProject],
  [3, retryProject],
  [3, resizeProject],
  [3, decommissionProject],
  [2, syncServers],
  [1, verifyQuotas],
  [6, steps],
]);

/** What is asked for of projects. */
export const onProjects = oftenest([
  [2, createProject],
  [3, resizeProject],
  [2, decommissionProject],
  [1, retryProject],
]);

/** What is worth being asked for by several at once, of one thing. */
export const contested: fc.Arbitrary<Plan>[] = [
  oftenest([
    [4, setDepartmentQuota],
    [2, moveServers('release')],
    [1, moveServers('allocate')],
  ]),
  oftenest([
    [4, setTeamQuota],
    [2, setDepartmentQuota],
  ]),
  oftenest([
    [4, createProject],
    [1, setTeamQuota],
    [1, deleteNode],
  ]),
  oftenest([
    [3, onProjects],
    [1, steps],
  ]),
  oftenest([
    [2, createNode],
    [1, renameNode],
    [1, deleteNode],
  ]),
];
