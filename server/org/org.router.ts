import { z } from 'zod';
import { byId } from '../platform/schema.ts';
import { needs, router, signedIn } from '../platform/trpc.ts';
import * as shape from './org.schema.ts';

const centers = router({
  list: needs('org.read')
    .meta({ openapi: { method: 'GET', path: '/centers', tags: ['organisation'], summary: 'List centers' } })
    .input(shape.listCenters)
    .output(shape.centerPage)
    .query(({ ctx, input }) => ctx.services.org.listCenters(ctx.caller, input)),
  get: needs('org.read')
    .meta({ openapi: { method: 'GET', path: '/centers/{id}', tags: ['organisation'], summary: 'Read a center' } })
    .input(byId)
    .output(shape.center)
    .query(({ ctx, input }) => ctx.services.org.getCenter(ctx.caller, input.id)),
  create: needs('centers.manage')
    .meta({
      creates: true,
      openapi: { method: 'POST', path: '/centers', tags: ['organisation'], summary: 'Create a center' },
    })
    .input(shape.createCenter)
    .output(shape.center)
    .mutation(({ ctx, input }) => ctx.services.org.createCenter(ctx.caller, input, ctx.idempotencyKey)),
  rename: needs('centers.manage')
    .meta({ openapi: { method: 'PATCH', path: '/centers/{id}', tags: ['organisation'], summary: 'Rename a center' } })
    .input(shape.rename)
    .output(shape.center)
    .mutation(({ ctx, input }) => ctx.services.org.renameCenter(ctx.caller, input)),
  delete: needs('centers.manage')
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/centers/{id}',
        tags: ['organisation'],
        summary: 'Delete a center that holds nothing',
      },
    })
    .input(byId)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.org.deleteCenter(ctx.caller, input.id)),
});

const fields = router({
  list: needs('org.read')
    .meta({ openapi: { method: 'GET', path: '/fields', tags: ['organisation'], summary: 'List fields' } })
    .input(shape.listFields)
    .output(shape.fieldPage)
    .query(({ ctx, input }) => ctx.services.org.listFields(ctx.caller, input)),
  get: needs('org.read')
    .meta({ openapi: { method: 'GET', path: '/fields/{id}', tags: ['organisation'], summary: 'Read a field' } })
    .input(byId)
    .output(shape.field)
    .query(({ ctx, input }) => ctx.services.org.getField(ctx.caller, input.id)),
  create: needs('fields.manage')
    .meta({
      creates: true,
      openapi: { method: 'POST', path: '/fields', tags: ['organisation'], summary: 'Create a field' },
    })
    .input(shape.createField)
    .output(shape.field)
    .mutation(({ ctx, input }) => ctx.services.org.createField(ctx.caller, input, ctx.idempotencyKey)),
  rename: needs('fields.manage')
    .meta({ openapi: { method: 'PATCH', path: '/fields/{id}', tags: ['organisation'], summary: 'Rename a field' } })
    .input(shape.rename)
    .output(shape.field)
    .mutation(({ ctx, input }) => ctx.services.org.renameField(ctx.caller, input)),
  delete: needs('fields.manage')
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/fields/{id}',
        tags: ['organisation'],
        summary: 'Delete a field that holds nothing',
      },
    })
    .input(byId)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.org.deleteField(ctx.caller, input.id)),
});

const departments = router({
  list: needs('org.read')
    .meta({ openapi: { method: 'GET', path: '/departments', tags: ['organisation'], summary: 'List departments' } })
    .input(shape.listDepartments)
    .output(shape.departmentPage)
    .query(({ ctx, input }) => ctx.services.org.listDepartments(ctx.caller, input)),
  get: needs('org.read')
    .meta({
      openapi: { method: 'GET', path: '/departments/{id}', tags: ['organisation'], summary: 'Read a department' },
    })
    .input(byId)
    .output(shape.department)
    .query(({ ctx, input }) => ctx.services.org.getDepartment(ctx.caller, input.id)),
  create: needs('departments.manage')
    .meta({
      creates: true,
      openapi: { method: 'POST', path: '/departments', tags: ['organisation'], summary: 'Create a department' },
    })
    .input(shape.createDepartment)
    .output(shape.department)
    .mutation(({ ctx, input }) => ctx.services.org.createDepartment(ctx.caller, input, ctx.idempotencyKey)),
  rename: needs('departments.manage')
    .meta({
      openapi: { method: 'PATCH', path: '/departments/{id}', tags: ['organisation'], summary: 'Rename a department' },
    })
    .input(shape.rename)
    .output(shape.department)
    .mutation(({ ctx, input }) => ctx.services.org.renameDepartment(ctx.caller, input)),
  delete: needs('departments.manage')
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/departments/{id}',
        tags: ['organisation'],
        summary: 'Delete a department that holds nothing',
      },
    })
    .input(byId)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.org.deleteDepartment(ctx.caller, input.id)),
});

const teams = router({
  list: needs('org.read')
    .meta({ openapi: { method: 'GET', path: '/teams', tags: ['organisation'], summary: 'List teams' } })
    .input(shape.listTeams)
    .output(shape.teamPage)
    .query(({ ctx, input }) => ctx.services.org.listTeams(ctx.caller, input)),
  get: needs('org.read')
    .meta({ openapi: { method: 'GET', path: '/teams/{id}', tags: ['organisation'], summary: 'Read a team' } })
    .input(byId)
    .output(shape.team)
    .query(({ ctx, input }) => ctx.services.org.getTeam(ctx.caller, input.id)),
  create: needs('teams.manage')
    .meta({
      creates: true,
      openapi: { method: 'POST', path: '/teams', tags: ['organisation'], summary: 'Create a team' },
    })
    .input(shape.createTeam)
    .output(shape.team)
    .mutation(({ ctx, input }) => ctx.services.org.createTeam(ctx.caller, input, ctx.idempotencyKey)),
  rename: needs('teams.manage')
    .meta({ openapi: { method: 'PATCH', path: '/teams/{id}', tags: ['organisation'], summary: 'Rename a team' } })
    .input(shape.rename)
    .output(shape.team)
    .mutation(({ ctx, input }) => ctx.services.org.renameTeam(ctx.caller, input)),
  delete: needs('teams.manage')
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/teams/{id}',
        tags: ['organisation'],
        summary: 'Delete a team that holds nothing',
      },
    })
    .input(byId)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.org.deleteTeam(ctx.caller, input.id)),
});

export const orgRouter = router({
  tree: signedIn('everyone sees their own part')
    .meta({
      openapi: {
        method: 'GET',
        path: '/org/tree',
        tags: ['organisation'],
        summary: 'The part of the organisation you may see',
      },
    })
    .output(shape.tree)
    .query(({ ctx }) => ctx.services.org.tree(ctx.caller)),
  centers,
  fields,
  departments,
  teams,
});
