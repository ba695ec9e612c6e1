import { Allowed } from '../features/auth/Allowed.tsx';
import { Sync } from '../features/sync/Sync.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Sync · InfraHub' }];
export const clientLoader = prefetching(() => []);

export default function SyncRoute() {
  return (
    <Allowed to="servers.sync">
      <Sync />
    </Allowed>
  );
}
