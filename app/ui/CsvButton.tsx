import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';

/** Saves what a list shows as a CSV file. */
export function CsvButton({ name, fetchCsv }: { name: string; fetchCsv: () => Promise<Blob> }) {
  const download = useMutation({
    mutationFn: fetchCsv,
    onSuccess: (blob) => saveAs(blob, `${name}.csv`),
    onError: () => notifications.show({ color: 'red', message: 'The CSV file could not be made. Try again.' }),
  });
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} />}
      loading={download.isPending}
      onClick={() => download.mutate()}
    >
      CSV
    </Button>
  );
}

function saveAs(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
