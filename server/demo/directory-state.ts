import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { CENTER_ADMIN, ORGANISATION, PASSWORD } from './cast.ts';
import { type DemoGroup, type DemoPerson, startDirectory } from './directory.ts';
import type { Appointment } from './seed.ts';

const savedGroups = z.array(z.object({ cn: z.string(), members: z.array(z.string()) }));

const ADMINS: DemoGroup = { cn: 'infrahub-center-admins', members: [CENTER_ADMIN] };

/** Everyone in the cast, and one person who belongs to nothing. */
const people = (): DemoPerson[] => {
  const fields = ORGANISATION.flatMap((center) => center.fields);
  const departments = fields.flatMap((field) => field.departments);
  const teams = departments.flatMap((department) => department.teams);
  const names = [
    CENTER_ADMIN,
    ...[...fields, ...departments].map((node) => node.admin),
    ...teams.map((team) => team.lead),
  ];
  return [...names, 'guest'].map((username) => ({ username, password: PASSWORD }));
};

/** The demo's directory, whose groups are remembered in `file` over a restart. */
export async function startDemoDirectory(file: string) {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  let groups: DemoGroup[] = known === undefined ? [ADMINS] : savedGroups.parse(JSON.parse(known));
  const directory = await startDirectory({ people: people(), groups });
  return {
    ...directory,
    async appoint(appointments: Appointment[]): Promise<void> {
      groups = [...groups, ...appointments.map(({ username, group }) => ({ cn: group, members: [username] }))];
      directory.setGroups(groups);
      await writeFile(file, JSON.stringify(groups, null, 2));
    },
  };
}
