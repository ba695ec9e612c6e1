import { setTimeout as sleep } from 'node:timers/promises';
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import type { AppRouter } from '../router.ts';
import { BROKEN, CENTER_ADMIN, FAILING_PROJECT, ORGANISATION, PASSWORD } from './cast.ts';

/** Somebody's role, as the directory has to know it before they can sign in. */
export type Appointment = { username: string; group: string };

type Field = (typeof ORGANISATION)[number]['fields'][number];
type Department = Field['departments'][number];
type Team = Department['teams'][number];
type Client = Awaited<ReturnType<typeof signIn>>;

type SeedOptions = {
  url: string;
  /** Puts people into groups of the directory. */
  appoint(appointments: Appointment[]): Promise<void>;
  /** Makes Argo CD refuse this namespace from now on, or (without one) none. */
  refuseNamespace(namespace: string | undefined): void;
  /** Takes these servers out of the inventory. */
  breakServers(names: string[]): Promise<void>;
  say(line: string): void;
};

/** Fills an empty InfraHub by signing in and using it, just as people would. Does nothing where there is an organisation. */
export async function seed({ url, appoint, refuseNamespace, breakServers, say }: SeedOptions): Promise<void> {
  const admin = await signIn(url, CENTER_ADMIN);
  if ((await admin.org.centers.list.query({ limit: 1 })).items.length > 0) return;
  say('Syncing the fleet');
  await admin.admin.syncServers.mutate({});
  say('Founding the organisation');
  const appointments: Appointment[] = [];
  const teams: { id: string; plan: Team }[] = [];
  for (const { name, fields } of ORGANISATION) {
    const center = await admin.org.centers.create.mutate({ name });
    for (const field of fields) await foundField(admin, center.id, field, appointments, teams);
  }
  await appoint(appointments);
  say('Creating projects');
  for (const team of teams) await createProjects(url, team, refuseNamespace);
  await settled(admin);
  refuseNamespace(undefined);
  await breakServers(await serversToBreak(admin));
  await admin.admin.syncServers.mutate({});
}

async function serversToBreak(admin: Client): Promise<string[]> {
  const { items: fields } = await admin.org.fields.list.query({ text: BROKEN.field });
  const { items } = await admin.servers.list.query({
    field_id: fields[0]?.id,
    site: BROKEN.site,
    limit: BROKEN.servers,
  });
  return items.map((server) => server.name);
}

async function foundField(
  admin: Client,
  centerId: string,
  plan: Field,
  appointments: Appointment[],
  teams: { id: string; plan: Team }[],
): Promise<void> {
  const { id } = await admin.org.fields.create.mutate({ center_id: centerId, name: plan.name });
  appointments.push({ username: plan.admin, group: `infrahub-field-admins-${id}` });
  for (const [site, count] of Object.entries(plan.servers)) {
    const free = await admin.servers.list.query({ site, allocated: false, status: 'online', limit: count });
    await admin.allocations.allocateServers.mutate({ id, server_ids: free.items.map((server) => server.id) });
  }
  for (const department of plan.departments) await foundDepartment(admin, id, department, appointments, teams);
}

async function foundDepartment(
  admin: Client,
  fieldId: string,
  plan: Department,
  appointments: Appointment[],
  teams: { id: string; plan: Team }[],
): Promise<void> {
  const { id } = await admin.org.departments.create.mutate({ field_id: fieldId, name: plan.name });
  appointments.push({ username: plan.admin, group: `infrahub-dept-admins-${id}` });
  for (const [site, limits] of Object.entries(plan.quota)) {
    await admin.quotas.setDepartment.mutate({ id, site, ...limits });
  }
  for (const team of plan.teams) {
    const { id: teamId } = await admin.org.teams.create.mutate({ department_id: id, name: team.name });
    appointments.push({ username: team.lead, group: `infrahub-team-leads-${teamId}` });
    for (const [site, limits] of Object.entries(team.quota)) {
      await admin.quotas.setTeam.mutate({ id: teamId, site, ...limits });
    }
    teams.push({ id: teamId, plan: team });
  }
}

async function createProjects(
  url: string,
  { id, plan }: { id: string; plan: Team },
  refuseNamespace: SeedOptions['refuseNamespace'],
): Promise<void> {
  const lead = await signIn(url, plan.lead);
  for (const project of plan.projects) {
    if (project.name === FAILING_PROJECT) {
      const { namespace_name } = await lead.projects.plan.query({ team_id: id, ...project });
      refuseNamespace(namespace_name);
    }
    await lead.projects.create.mutate({ team_id: id, ...project });
  }
}

/** Waits until no project is on its way any more, a minute at most. */
async function settled(admin: Client): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    const { items } = await admin.projects.list.query({ limit: 200 });
    if (items.every(({ status }) => status === 'active' || status === 'failed')) return;
    await sleep(250);
  }
}

async function signIn(url: string, username: string) {
  const at = `${url}/api/trpc`;
  const door = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: at })] });
  const { access_token } = await door.auth.login.mutate({ username, password: PASSWORD });
  return createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: at, headers: { authorization: `Bearer ${access_token}` } })],
  });
}
