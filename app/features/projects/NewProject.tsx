import { Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate, useSearchParams } from '@remix-run/react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type CreateProject, createProject, projectName } from '../../../server/projects/projects.schema.ts';
import { api, client, type Outputs, once } from '../../api.ts';
import { useChange, useKeys } from '../../change.ts';
import { ChoiceCards } from '../../ui/ChoiceCards.tsx';
import { count } from '../../ui/format.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { useMe } from '../auth/permissions.ts';
import { freeAt, roomiest } from './choices.ts';
import { PlanPanel } from './PlanPanel.tsx';
import classes from './ProjectPage.module.css';
import { SizeChoice } from './SizeChoice.tsx';
import { failureOf, useChoices, usePlan } from './use-choices.ts';

type Team = { id: string; name: string };
type TeamQuota = Outputs['quotas']['listTeam']['items'][number];

/** A new namespace on one screen: what one gets and what it costs show while choosing. */
export function NewProject() {
  const teams = useMe().grants.flatMap(({ role, scope_id, scope_name }): Team[] =>
    role === 'team_lead' && scope_id ? [{ id: scope_id, name: scope_name ?? 'Unnamed team' }] : [],
  );
  const [params] = useSearchParams();
  const [teamId, setTeamId] = useState(params.get('team') ?? teams[0]?.id);
  const team = teams.find(({ id }) => id === teamId) ?? teams[0];
  return (
    <Page title="New project" description="A Kubernetes namespace for your team, within its quota.">
      {team && <TeamQuotas key={team.id} team={team} teams={teams} onTeam={setTeamId} />}
    </Page>
  );
}

type TeamProps = { team: Team; teams: Team[]; onTeam: (id: string) => void };

function TeamQuotas({ team, teams, onTeam }: TeamProps) {
  const quotas = useQuery(api.quotas.listTeam.queryOptions({ id: team.id }));
  const choice = teams.length > 1 && (
    <Select
      label="Team"
      data={teams.map(({ id, name }) => ({ value: id, label: name }))}
      value={team.id}
      onChange={(id) => id && onTeam(id)}
      allowDeselect={false}
      maw={400}
    />
  );
  return (
    <Loaded query={quotas}>
      {({ items }) =>
        items.length > 0 ? (
          <ProjectForm team={team} quotas={items} teamChoice={choice} />
        ) : (
          <>
            {choice}
            <Panel>
              <Empty title={`${team.name} has no quota yet`}>
                Ask the admin of your department for one; a project needs a quota at its site.
              </Empty>
            </Panel>
          </>
        )
      }
    </Loaded>
  );
}

/** What was chosen as the server takes it: a name that was pasted may have spaces around it. */
const read = (chosen: CreateProject) => createProject.safeParse({ ...chosen, name: chosen.name.trim() });

type ProjectFormProps = { team: Team; quotas: TeamQuota[]; teamChoice: React.ReactNode };

function ProjectForm({ team, quotas, teamChoice }: ProjectFormProps) {
  const navigate = useNavigate();
  const keyOf = useKeys();
  const [chosen, setChosen] = useState<CreateProject>({
    team_id: team.id,
    name: '',
    site: roomiest(quotas) ?? '',
    sla_type: 'bronze',
    performance_tier: 'regular',
  });
  const [settled] = useDebouncedValue(chosen, 200);
  const plan = usePlan(read(settled).data);
  const { choiceOf, plans } = useChoices({ team_id: team.id, site: chosen.site });
  const create = useChange({
    act: (input: CreateProject) => client.projects.create.mutate(input, once(keyOf(input))),
    after: ({ id }) => void navigate(`/projects/${id}`),
  });
  const change = (part: Partial<CreateProject>) => {
    create.forget();
    setChosen({ ...chosen, ...part });
  };
  const named = projectName.safeParse(chosen.name.trim());
  const valid = read(chosen);
  const cost = choiceOf(chosen)?.cost;
  return (
    <form
      className={classes.columns}
      onSubmit={(event) => {
        event.preventDefault();
        if (valid.success) create.run(valid.data);
      }}
    >
      <Panel>
        <Stack gap="lg">
          {teamChoice}
          <TextInput
            label="Name"
            description="Lower-case letters, digits and single hyphens"
            classNames={{ input: 'mono' }}
            value={chosen.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            error={chosen.name !== '' && named.error?.issues[0]?.message}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maw={400}
            data-autofocus
          />
          <ChoiceCards
            label="Site"
            value={chosen.site}
            onChange={(site) => change({ site })}
            choices={quotas.map((quota) => {
              const free = freeAt(quota);
              const fits = !cost || (free.cpu >= cost.cpu && free.ram_gb >= cost.ram_gb);
              const room = `${count(free.cpu)} cores, ${count(free.ram_gb)} GiB free`;
              return {
                value: quota.site,
                title: <code>{quota.site}</code>,
                text: room,
                impossible: fits ? undefined : `Only ${room}`,
              };
            })}
          />
          <SizeChoice kind={chosen} choiceOf={choiceOf} onChange={change} />
          <Text size="xs" c="dimmed">
            The quota is held from the moment you create it. The namespace follows within a minute or so; its page tells
            how far it is.
          </Text>
        </Stack>
      </Panel>
      <PlanPanel
        plan={plan.data}
        team={team.name}
        named={named.success}
        failure={failureOf([...plans, plan])}
        ready={valid.success && plan.data?.allowed === true}
        pending={create.pending}
        problem={create.problem}
      />
    </form>
  );
}
