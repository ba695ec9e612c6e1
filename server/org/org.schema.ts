import { z } from 'zod';
import { displayName, id, pageInput, pageOf, searchText, timestamp } from '../platform/schema.ts';

const node = { id, name: z.string(), created_at: timestamp };

export const center = z.object(node).meta({ id: 'Center' });
export const field = z.object({ ...node, center_id: id }).meta({ id: 'Field' });
export const department = z.object({ ...node, field_id: id }).meta({ id: 'Department' });
export const team = z.object({ ...node, department_id: id }).meta({ id: 'Team' });

export const createCenter = z.strictObject({ name: displayName }).meta({ id: 'NewCenter' });
export const createField = z.strictObject({ center_id: id, name: displayName }).meta({ id: 'NewField' });
export const createDepartment = z.strictObject({ field_id: id, name: displayName }).meta({ id: 'NewDepartment' });
export const createTeam = z.strictObject({ department_id: id, name: displayName }).meta({ id: 'NewTeam' });

export const rename = z.strictObject({ id, name: displayName });

const list = { ...pageInput, text: searchText.optional().describe('Part of the name') };
export const listCenters = z.strictObject(list);
export const listFields = z.strictObject({ ...list, center_id: id.optional() });
export const listDepartments = z.strictObject({ ...list, field_id: id.optional() });
export const listTeams = z.strictObject({ ...list, department_id: id.optional() });

export const centerPage = pageOf(center);
export const fieldPage = pageOf(field);
export const departmentPage = pageOf(department);
export const teamPage = pageOf(team);

const amount = z.number().int();

/** One node's share at a site. What does not apply to its level is null. */
export const share = z
  .object({
    site: z.string(),
    cpu_capacity: amount.nullable().describe('Cores of all servers given to it; centers and fields only'),
    cpu_online: amount.nullable().describe('Of its capacity, what is online; centers and fields only'),
    cpu_limit: amount.nullable().describe('Cores of its quota; departments and teams only'),
    cpu_granted: amount.describe('Cores of the quotas given below it; for a team, its own quota'),
    cpu_used: amount.describe('Cores that projects hold below it'),
    ram_gb_capacity: amount.nullable(),
    ram_gb_online: amount.nullable(),
    ram_gb_limit: amount.nullable(),
    ram_gb_granted: amount,
    ram_gb_used: amount,
  })
  .meta({ id: 'Share' });

const treeNode = (example: string) => ({
  id,
  name: z.string().meta({ example }),
  in_scope: z.boolean().describe('False for what is only on the way to the caller’s part; it has no shares then'),
  shares: z.array(share),
});
export const treeTeam = z.object(treeNode('Detection')).meta({ id: 'TreeTeam' });
export const treeDepartment = z
  .object({ ...treeNode('Vision'), teams: z.array(treeTeam) })
  .meta({ id: 'TreeDepartment' });
export const treeField = z
  .object({ ...treeNode('Imaging'), departments: z.array(treeDepartment) })
  .meta({ id: 'TreeField' });
export const treeCenter = z
  .object({ ...treeNode('Northern Center'), fields: z.array(treeField) })
  .meta({ id: 'TreeCenter' });
export const tree = z.object({ centers: z.array(treeCenter) }).meta({ id: 'Tree' });
export type Tree = z.infer<typeof tree>;
