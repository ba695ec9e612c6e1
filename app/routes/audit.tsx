import { Audit } from '../features/audit/Audit.tsx';
import { Allowed } from '../features/auth/Allowed.tsx';
import { prefetching } from '../page-loader.ts';

export const meta = () => [{ title: 'Audit · InfraHub' }];
export const clientLoader = prefetching(() => []);

export default function AuditRoute() {
  return (
    <Allowed to="audit.read">
      <Audit />
    </Allowed>
  );
}
