import { Allowed } from '../features/auth/Allowed.tsx';
import { Servers } from '../features/servers/Servers.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Servers · InfraHub' }];
export const clientLoader = prefetching(() => []);

export default function ServersRoute() {
  return (
    <Allowed to="servers.read">
      <Servers />
    </Allowed>
  );
}
