import { tracked } from '@trpc/server';
import { byId } from '../platform/schema.ts';
import { needs, router } from '../platform/trpc.ts';
import * as shape from './projects.schema.ts';

export const projectsRouter = router({
  list: needs('projects.read')
    .meta({ openapi: { method: 'GET', path: '/projects', tags: ['projects'], summary: 'List projects' } })
    .input(shape.listProjects)
    .output(shape.projectPage)
    .query(({ ctx, input }) => ctx.services.projects.list(ctx.caller, input)),
  get: needs('projects.read')
    .meta({ openapi: { method: 'GET', path: '/projects/{id}', tags: ['projects'], summary: 'Read a project' } })
    .input(byId)
    .output(shape.project)
    .query(({ ctx, input }) => ctx.services.projects.get(ctx.caller, input.id)),
  timeline: needs('projects.read')
    .meta({
      openapi: {
        method: 'GET',
        path: '/projects/{id}/timeline',
        tags: ['projects'],
        summary: 'What happened to a project so far',
      },
    })
    .input(byId)
    .output(shape.timeline)
    .query(({ ctx, input }) => ctx.services.projects.timeline(ctx.caller, input.id)),
  plan: needs('projects.create')
    .meta({
      openapi: {
        method: 'POST',
        path: '/projects/plan',
        tags: ['projects'],
        summary: 'What create would do; changes nothing',
      },
    })
    .input(shape.createProject)
    .output(shape.planOutput)
    .query(({ ctx, input }) => ctx.services.projects.plan(ctx.caller, input)),
  create: needs('projects.create')
    .meta({
      creates: true,
      openapi: { method: 'POST', path: '/projects', tags: ['projects'], summary: 'Create a project' },
    })
    .input(shape.createProject)
    .output(shape.project)
    .mutation(({ ctx, input }) => ctx.services.projects.create(ctx.caller, input, ctx.idempotencyKey)),
  retry: needs('projects.create')
    .meta({
      keyed: true,
      openapi: {
        method: 'POST',
        path: '/projects/{id}/retry',
        tags: ['projects'],
        summary: 'Provision a failed project again',
      },
    })
    .input(byId)
    .output(shape.project)
    .mutation(({ ctx, input }) => ctx.services.projects.retry(ctx.caller, input.id, ctx.idempotencyKey)),
  planResize: needs('projects.create')
    .meta({
      openapi: {
        method: 'POST',
        path: '/projects/{id}/resize/plan',
        tags: ['projects'],
        summary: 'What resize would do; changes nothing',
      },
    })
    .input(shape.resizeProject)
    .output(shape.planResizeOutput)
    .query(({ ctx, input }) => ctx.services.projects.planResize(ctx.caller, input)),
  resize: needs('projects.create')
    .meta({
      keyed: true,
      openapi: {
        method: 'POST',
        path: '/projects/{id}/resize',
        tags: ['projects'],
        summary: 'Give an active project another SLA type or tier',
      },
    })
    .input(shape.resizeProject)
    .output(shape.project)
    .mutation(({ ctx, input }) => ctx.services.projects.resize(ctx.caller, input, ctx.idempotencyKey)),
  decommission: needs('projects.decommission')
    .meta({
      keyed: true,
      openapi: {
        method: 'POST',
        path: '/projects/{id}/decommission',
        tags: ['projects'],
        summary: 'Remove a project’s namespace for good, and give its quota back',
      },
    })
    .input(byId)
    .output(shape.project)
    .mutation(({ ctx, input }) => ctx.services.projects.decommission(ctx.caller, input.id, ctx.idempotencyKey)),
  watch: needs('projects.read')
    .input(shape.watchProject)
    .subscription(async function* ({ ctx, input, signal }) {
      const from = { id: input.id, afterSeq: Number(input.lastEventId ?? 0) };
      for await (const item of ctx.services.projects.watch(ctx.caller, from, { signal, recheck: ctx.authentication })) {
        yield tracked(String(item.event.seq), item);
      }
    }),
});
