import type { projectOperations, Size } from '../../db/schema/index.ts';
import { InvalidStateError } from '../platform/errors.ts';
import type { Amounts } from '../platform/schema.ts';
import { reasonOf } from '../provisioning/operation.rules.ts';
import type { TimelineEvent } from './projects.changes.ts';
import { mayBecome } from './projects.rules.ts';
import type { ProjectStatus } from './projects.schema.ts';

/** What somebody can ask of a project that exists. */
export type Act = 'retry' | 'resize' | 'decommission';

/** A project when something is asked of it. */
export type Living = { name: string; site: string; status: ProjectStatus; size: Size };

/** What an act makes of a project: its status, what it then holds, and the operation that brings the rest about. */
export type Turn = {
  to: ProjectStatus;
  reason: string | null;
  holds: Size;
  /** What is taken of the quota for it. */
  reserve: Amounts;
  operation: Pick<typeof projectOperations.$inferInsert, 'kind' | 'before' | 'after'> | undefined;
  event: TimelineEvent;
};

const NOTHING: Amounts = { cpu: 0, ram_gb: 0 };

const leadsTo = (act: Act, { status }: Pick<Living, 'status'>): ProjectStatus => {
  if (act === 'retry') return 'provisioning';
  if (act === 'resize') return 'updating';
  return status === 'failed' ? 'decommissioned' : 'decommissioning';
};

const PARTICIPLE = { retry: 'retried', resize: 'resized', decommission: 'decommissioned' } as const;

const INSTEAD = {
  provisioning: 'It is being provisioned: wait until it is active or has failed.',
  active: 'It is active: it can be resized or decommissioned.',
  updating: 'It is being resized: wait until it is active again.',
  rolling_back: 'It is being cleaned up: wait until it has failed, then retry or decommission it.',
  failed: 'It has failed: it can be retried or decommissioned.',
  decommissioning: 'It is being decommissioned: once it is gone, a project of its name can be created anew.',
  decommissioned: 'It is decommissioned: create a new project instead.',
} as const satisfies Record<ProjectStatus, string>;

/** Why an act is not possible in the project's status, with what is possible instead; undefined if it is possible. */
export function stateRefusal(act: Act, project: Pick<Living, 'name' | 'status'>): InvalidStateError | undefined {
  const { name, status } = project;
  if (mayBecome(status, leadsTo(act, project))) return undefined;
  const message = `Project ${name} cannot be ${PARTICIPLE[act]} now. ${INSTEAD[status]}`;
  return new InvalidStateError(message, { status });
}

/** Why a project cannot become this size; undefined if it can, as far as its state goes. */
export function resizeRefusal(project: Living, { sla, tier }: Size): InvalidStateError | undefined {
  const refusal = stateRefusal('resize', project);
  if (refusal || project.size.sla !== sla || project.size.tier !== tier) return refusal;
  const message = `Project ${project.name} is ${nameOf(project.size)} already. Choose another SLA type or tier.`;
  return new InvalidStateError(message, { status: project.status });
}

/** The namespace is to come again; its quota is reserved anew. */
export const retried = ({ site, size }: Living): Turn => ({
  to: 'provisioning',
  reason: null,
  holds: size,
  reserve: size,
  operation: { kind: 'provision', before: null, after: size },
  event: reserved(size, site),
});

/** The namespace is to have another size; until it has, the larger of both is held. */
export function resized({ size: before }: Living, after: Size): Turn {
  const larger = { cpu: Math.max(before.cpu, after.cpu), ram_gb: Math.max(before.ram_gb, after.ram_gb) };
  const message = `Resize from ${nameOf(before)} to ${nameOf(after)}; ${quantities(larger)} are held until it is done`;
  return {
    to: 'updating',
    reason: reasonOf({ kind: 'resize', state: 'requested', reason: null }),
    holds: { ...before, ...larger },
    reserve: { cpu: larger.cpu - before.cpu, ram_gb: larger.ram_gb - before.ram_gb },
    operation: { kind: 'resize', before, after },
    event: { kind: 'resizing', message, details: larger },
  };
}

/** The namespace is to go, and then the quota is given back. Of a failed project there is nothing left to go. */
export function decommissioned({ status, size }: Living): Turn {
  const stays = { holds: size, reserve: NOTHING };
  if (status === 'failed') {
    const message = 'Nothing of it was left; its name is free again';
    return {
      ...stays,
      to: 'decommissioned',
      reason: null,
      operation: undefined,
      event: { kind: 'decommissioned', message },
    };
  }
  return {
    ...stays,
    to: 'decommissioning',
    reason: reasonOf({ kind: 'decommission', state: 'requested', reason: null }),
    operation: { kind: 'decommission', before: size, after: null },
    event: { kind: 'decommissioning', message: `To be removed; ${quantities(size)} are held until it is gone` },
  };
}

/** The first line of a project's timeline, and of each retry. */
export const reserved = ({ cpu, ram_gb }: Amounts, site: string): TimelineEvent => ({
  kind: 'reserved',
  message: `Quota reserved: ${quantities({ cpu, ram_gb })} at ${site}`,
  details: { cpu, ram_gb },
});

const nameOf = ({ sla, tier }: Size): string => `${sla} ${tier.replace('_', ' ')}`;
const quantities = ({ cpu, ram_gb }: Amounts): string => `${cpu} cores and ${ram_gb} GiB`;
