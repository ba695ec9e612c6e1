import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconGitCompare } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, client, queryClient } from '../../api.ts';
import { useChange } from '../../change.ts';
import { Ago } from '../../ui/Ago.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { changesOf } from '../../ui/changes.ts';
import { DataTable } from '../../ui/DataTable.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { plural } from '../../ui/format.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Empty } from '../../ui/Notice.tsx';
import { Page } from '../../ui/Page.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { ProblemAlert } from '../../ui/ProblemAlert.tsx';
import { columnsFor } from './drift-columns.tsx';
import { MendDialog } from './MendDialog.tsx';
import { type Finding, isMending, type Report, SOURCE } from './words.ts';

const MENDING_REFRESH_MS = 2_000;
const CALM_REFRESH_MS = 30_000;

/** What the database, the values files and Argo CD disagree about, and having it mended. */
export function Drift() {
  const report = useQuery({
    ...api.admin.drift.queryOptions(),
    refetchInterval: ({ state: { data } }) => (data && isMending(data) ? MENDING_REFRESH_MS : CALM_REFRESH_MS),
  });
  const check = useChange({
    act: () => client.admin.checkDrift.mutate(),
    after: (found) => queryClient.setQueryData(api.admin.drift.queryKey(), found),
  });
  return (
    <Page
      title="Drift"
      description={
        report.data?.checked_at ? (
          <>
            Database, values files and Argo CD were compared <Ago at={report.data.checked_at} />; it is done every hour.
          </>
        ) : (
          'Whether the database, the values files and Argo CD agree.'
        )
      }
      actions={
        <Button leftSection={<IconGitCompare size={16} />} loading={check.pending} onClick={() => check.run(undefined)}>
          Compare now
        </Button>
      }
    >
      {check.problem && <ProblemAlert problem={check.problem} />}
      <Loaded query={report}>{(data) => <Findings report={data} />}</Loaded>
    </Page>
  );
}

function Findings({ report }: { report: Report }) {
  const [open, setOpen] = useState<string>();
  const [mended, setMended] = useState<Finding>();
  const { findings, total, unreadable } = report;
  return (
    <Stack gap="lg">
      {unreadable.length > 0 && <Unread report={report} />}
      <Panel flush {...(total > 0 && { title: plural(total, 'difference') })}>
        <DataTable
          label="Differences"
          rows={findings}
          columns={columnsFor({ open, onOpen: setOpen, onMend: setMended })}
          rowId={({ id }) => id}
          detail={(finding) => open === finding.id && <Detail finding={finding} />}
          empty={<NoFindings report={report} />}
        />
      </Panel>
      {total > findings.length && (
        <Text c="dimmed">Only the first {findings.length} are listed. Mend these, then compare again.</Text>
      )}
      {mended?.mend && <MendDialog finding={mended} mend={mended.mend} onClose={() => setMended(undefined)} />}
    </Stack>
  );
}

function NoFindings({ report: { checked_at, unreadable } }: { report: Report }) {
  if (!checked_at) return <Empty title="Not compared yet">Compare now, or wait for the first hour to pass.</Empty>;
  if (unreadable.length > 0) return <Empty title="What could be read agrees">The rest is named above.</Empty>;
  return (
    <Empty title="Everything agrees" icon={IconCircleCheck}>
      Every project has its entry and its namespace, and nothing else does.
    </Empty>
  );
}

function Unread({ report: { unreadable } }: { report: Report }) {
  return (
    <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title="Not everything could be read">
      <Stack gap={4}>
        {unreadable.map(({ source, name, reason }) => (
          <Text key={`${source} ${name}`}>
            {SOURCE[source]} <code>{name}</code>: {reason}
          </Text>
        ))}
        <Text>Nothing is said about these. They are looked at again in a few minutes.</Text>
      </Stack>
    </Alert>
  );
}

function Detail({
  finding: { namespace_name, values_file, application, expected, found, mending },
}: {
  finding: Finding;
}) {
  return (
    <Stack gap="xs">
      <Diff changes={changesOf(found, expected)} none="There are no values to compare." />
      {mending && (
        <Text size="xs">
          Asked for by <code>{mending.requested_by}</code> <Ago at={mending.requested_at} />.{' '}
          {mending.waiting ??
            (mending.done ? 'Done: the next comparison tells whether it helped.' : 'It is under way.')}
        </Text>
      )}
      <Group gap="lg" c="dimmed" fz="xs">
        {namespace_name && (
          <Group gap={6}>
            Namespace <CopyText text={namespace_name} label="namespace" />
          </Group>
        )}
        {values_file && (
          <span>
            Values file <code>{values_file}</code>
          </span>
        )}
        {application && (
          <span>
            Application <code>{application}</code>
          </span>
        )}
      </Group>
    </Stack>
  );
}
