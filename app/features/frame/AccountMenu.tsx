import { ActionIcon, Menu, Text, useMantineColorScheme } from '@mantine/core';
import { IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUser, IconUserOff } from '@tabler/icons-react';
import { signOut } from '../auth/account.ts';
import { useHolds, useMe } from '../auth/permissions.ts';
import { ROLE_NAME } from '../auth/role-names.ts';
import { useEndSessions } from '../sessions/end-sessions.ts';

const SCHEMES = [
  { scheme: 'light', label: 'Light', icon: IconSun },
  { scheme: 'dark', label: 'Dark', icon: IconMoon },
  { scheme: 'auto', label: 'As the system', icon: IconDeviceDesktop },
] as const;

/** Who is signed in and with which roles; light or dark; the way out. */
export function AccountMenu() {
  const me = useMe();
  const mayEnd = useHolds()('sessions.revoke');
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" radius="xl" aria-label={`Account of ${me.sub}`}>
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text c="var(--ink)" fw={600}>
            {me.sub}
          </Text>
          {me.grants.map((grant) => (
            <Text key={`${grant.role} ${grant.scope_id}`} size="xs">
              {ROLE_NAME[grant.role]}
              {grant.scope_name && ` · ${grant.scope_name}`}
            </Text>
          ))}
        </Menu.Label>
        <Menu.Divider />
        {SCHEMES.map(({ scheme, label, icon: Icon }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon size={16} />}
            rightSection={colorScheme === scheme ? '✓' : null}
            aria-current={colorScheme === scheme}
            closeMenuOnClick={false}
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {mayEnd && (
          <Menu.Item
            leftSection={<IconUserOff size={16} />}
            onClick={() => useEndSessions.setState({ open: true, username: undefined })}
          >
            End a person’s sessions…
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          Sign out everywhere
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
