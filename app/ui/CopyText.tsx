import { ActionIcon, CopyButton, Group, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import classes from './CopyText.module.css';

/** A name, an id or a hash in mono, with a button that copies all of it. */
export function CopyText({ text, shown = text, label }: { text: string; shown?: string; label: string }) {
  const act = `Copy ${label}`;
  return (
    <Group gap={4} wrap="nowrap" className={classes.root ?? ''}>
      <code className={classes.text}>{shown}</code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <>
            <ActionIcon size="sm" variant="subtle" color="gray" onClick={copy} title={act} aria-label={act}>
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
            <VisuallyHidden role="status">{copied && 'Copied'}</VisuallyHidden>
          </>
        )}
      </CopyButton>
    </Group>
  );
}
