import { z } from 'zod';
import { byId } from '../platform/schema.ts';
import { needs, router, signedIn } from '../platform/trpc.ts';
import * as shape from './org.schema.ts';

const rest = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: `/${string}`, summary: string) => ({
  openapi: { method, path, tags: ['organisation'], summary },
});

const centers = router({
  list: needs('org.read')
    .meta(rest('GET', '/centers', 'List centers'))
    .input(shape.listCenters)
    .output(shape.centerPage)
    .query(({ ctx, input }) => ctx.services.org.centers.list(ctx.caller, input)),
  get: needs('org.read')
    .meta(rest('GET', '/centers/{id}', 'Read a center'))
    .input(byId)
    .output(shape.center)
    .query(({ ctx, input }) => ctx.services.org.centers.get(ctx.caller, input.id)),
  create: needs('centers.manage')
    .meta({ ...rest('POST', '/centers', 'Create a center'), creates: true })
    .input(shape.createCenter)
    .output(shape.center)
    .mutation(({ ctx, input }) => ctx.services.org.centers.create(ctx.caller, input, ctx.idempotencyKey)),
  rename: needs('centers.manage')
    .meta(rest('PATCH', '/centers/{id}', 'Rename a center'))
    .input(shape.rename)
    .output(shape.center)
    .mutation(({ ctx, input }) => ctx.services.org.centers.rename(ctx.caller, input)),
  delete: needs('centers.manage')
    .meta(rest('DELETE', '/centers/{id}', 'Delete a center that holds nothing'))
    .input(byId)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.org.centers.delete(ctx.caller, input.id)),
});

const fields = router({
  list: needs('org.read')
    .meta(rest('GET', '/fields', 'List fields'))
    .input(shape.listFields)
    .output(shape.fieldPage)
    .query(({ ctx, input }) => ctx.services.org.fields.list(ctx.caller, input)),
  get: needs('org.read')
    .meta(rest('GET', '/fields/{id}', 'Read a field'))
    .input(byId)
    .output(shape.field)
    .query(({ ctx, input }) => ctx.services.org.fields.get(ctx.caller, input.id)),
  create: needs('fields.manage')
    .meta({ ...rest('POST', '/fields', 'Create a field'), creates: true })
    .input(shape.createField)
    .output(shape.field)
    .mutation(({ ctx, input }) => ctx.services.org.fields.create(ctx.caller, input, ctx.idempotencyKey)),
  rename: needs('fields.manage')
    .meta(rest('PATCH', '/fields/{id}', 'Rename a field'))
    .input(shape.rename)
    .output(shape.field)
    .mutation(({ ctx, input }) => ctx.services.org.fields.rename(ctx.caller, input)),
  delete: needs('fields.manage')
    .meta(rest('DELETE', '/fields/{id}', 'Delete a field that holds nothing'))
    .input(byId)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.org.fields.delete(ctx.caller, input.id)),
});

const departments = router({
  list: needs('org.read')
    .meta(rest('GET', '/departments', 'List departments'))
    .input(shape.listDepartments)
    .output(shape.departmentPage)
    .query(({ ctx, input }) => ctx.services.org.departments.list(ctx.caller, input)),
  get: needs('org.read')
    .meta(rest('GET', '/departments/{id}', 'Read a department'))
    .input(byId)
    .output(shape.department)
    .query(({ ctx, input }) => ctx.services.org.departments.get(ctx.caller, input.id)),
  create: needs('departments.manage')
    .meta({ ...rest('POST', '/departments', 'Create a department'), creates: true })
    .input(shape.createDepartment)
    .output(shape.department)
    .mutation(({ ctx, input }) => ctx.services.org.departments.create(ctx.caller, input, ctx.idempotencyKey)),
  rename: needs('departments.manage')
    .meta(rest('PATCH', '/departments/{id}', 'Rename a department'))
    .input(shape.rename)
    .output(shape.department)
    .mutation(({ ctx, input }) => ctx.services.org.departments.rename(ctx.caller, input)),
  delete: needs('departments.manage')
    .meta(rest('DELETE', '/departments/{id}', 'Delete a department that holds nothing'))
    .input(byId)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.org.departments.delete(ctx.caller, input.id)),
});

const teams = router({
  list: needs('org.read')
    .meta(rest('GET', '/teams', 'List teams'))
    .input(shape.listTeams)
    .output(shape.teamPage)
    .query(({ ctx, input }) => ctx.services.org.teams.list(ctx.caller, input)),
  get: needs('org.read')
    .meta(rest('GET', '/teams/{id}', 'Read a team'))
    .input(byId)
    .output(shape.team)
    .query(({ ctx, input }) => ctx.services.org.teams.get(ctx.caller, input.id)),
  create: needs('teams.manage')
    .meta({ ...rest('POST', '/teams', 'Create a team'), creates: true })
    .input(shape.createTeam)
    .output(shape.team)
    .mutation(({ ctx, input }) => ctx.services.org.teams.create(ctx.caller, input, ctx.idempotencyKey)),
  rename: needs('teams.manage')
    .meta(rest('PATCH', '/teams/{id}', 'Rename a team'))
    .input(shape.rename)
    .output(shape.team)
    .mutation(({ ctx, input }) => ctx.services.org.teams.rename(ctx.caller, input)),
  delete: needs('teams.manage')
    .meta(rest('DELETE', '/teams/{id}', 'Delete a team that holds nothing'))
    .input(byId)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.org.teams.delete(ctx.caller, input.id)),
});

export const orgRouter = router({
  tree: signedIn('everyone sees their own part')
    .meta(rest('GET', '/org/tree', 'The part of the organisation you may see'))
    .output(shape.tree)
    .query(({ ctx }) => ctx.services.org.tree(ctx.caller)),
  centers,
  fields,
  departments,
  teams,
});
