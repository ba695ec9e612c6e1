/** Writes docs/permissions.md from the table in server/platform/policy.ts and the procedures that ask for its rows. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { AnyRouter } from '@trpc/server';
import { POLICY, ROLES } from '../server/platform/policy.ts';
import type { Meta } from '../server/platform/trpc.ts';
import { appRouter } from '../server/router.ts';

const CELL = { all: 'everywhere', own: 'own part', no: '' } as const;

/** Names of the procedures, by what they ask for; those that ask for nothing with the reason. */
function procedures(): { path: string; permission: string | undefined; open: string | undefined }[] {
  const router: AnyRouter = appRouter;
  const all: Record<string, { _def: { meta?: Meta } }> = router._def.procedures;
  return Object.entries(all).map(([path, { _def }]) => ({
    path,
    permission: _def.meta?.permission,
    open: _def.meta?.open,
  }));
}

const named = (paths: { path: string }[]): string => paths.map(({ path }) => `\`${path}\``).join(', ');

/** The page of who may do what, as Markdown. */
export function permissionsPage(): string {
  const all = procedures();
  const rows = Object.entries(POLICY).map(([permission, cells]) => {
    const asking = named(all.filter((one) => one.permission === permission));
    return `| \`${permission}\` | ${ROLES.map((role) => CELL[cells[role]]).join(' | ')} | ${asking} |`;
  });
  const open = all.filter((one) => one.permission === undefined);
  return `<!-- Written by \`npm run docs\` from server/platform/policy.ts. A test keeps it true. -->
# Permissions

Who may do what. *Own part* is at or below the field, department or team that the grant names. Somebody with several
grants may do what any one of them allows; they never widen each other. What lies outside is 403 when it is named by id,
and absent from lists.

| permission | ${ROLES.map((role) => `\`${role}\``).join(' | ')} | procedures |
|---|${ROLES.map(() => '---').join('|')}|---|
${rows.join('\n')}

Without a permission:

| procedure | why |
|---|---|
${open.map(({ path, open }) => `| \`${path}\` | ${open} |`).join('\n')}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync('docs/permissions.md', permissionsPage());
}
