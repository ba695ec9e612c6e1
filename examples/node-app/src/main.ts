/**
 * Creates a project in the first team that one leads, and tells what happens to it:
 * `INFRAHUB_URL=… INFRAHUB_USERNAME=… INFRAHUB_PASSWORD=… npm start -- vision-api haifa`.
 */
import { createInfraHubClient, InfraHubApiError, type NewProject } from '@infrahub/client';

const { INFRAHUB_URL: url, INFRAHUB_USERNAME: username, INFRAHUB_PASSWORD: password } = process.env;
const [name, site] = process.argv.slice(2);
if (!url || !username || !password || !name || !site) {
  throw new Error('Set INFRAHUB_URL, INFRAHUB_USERNAME and INFRAHUB_PASSWORD; name the project and the site.');
}

const infrahub = createInfraHubClient({ url, username, password });

try {
  const { grants } = await infrahub.auth.me.query();
  const team = grants.find(({ role }) => role === 'team_lead');
  if (!team?.scope_id) throw new Error(`${username} leads no team`);

  const wanted: NewProject = {
    team_id: team.scope_id,
    name,
    site,
    sla_type: 'bronze',
    performance_tier: 'regular',
  };
  const plan = await infrahub.projects.plan.query(wanted);
  console.log(`${plan.cost.cpu} cores and ${plan.cost.ram_gb} GiB of ${team.scope_name}’s quota at ${site}`);

  const project = await infrahub.projects.createAndWait(wanted, {
    timeoutMs: 60_000,
    onEvent: ({ kind, message }) => console.log(`${kind}: ${message}`),
  });
  console.log(`${project.namespace_name} is ${project.status}`);
} catch (error) {
  if (!(error instanceof InfraHubApiError)) throw error;
  console.error(`${error.code}: ${error.message}`, error.details);
  process.exitCode = 1;
}
