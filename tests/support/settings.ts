import { randomBytes } from 'node:crypto';
import type { TestDatabase } from './database.ts';

/** Nothing listens there: what these settings point to is out of reach. */
const NOWHERE = '127.0.0.1:1';

/** Settings of an InfraHub over this database, with every system outside out of reach. */
export const settingsOver = (database: Pick<TestDatabase, 'url'>): Record<string, string> => ({
  DATABASE_URL: database.url,
  JWT_SECRETS: randomBytes(36).toString('base64'),
  LDAP_URL: `ldap://${NOWHERE}`,
  LDAP_USER_BASE_DN: 'ou=people,dc=example,dc=org',
  LDAP_SERVICE_DN: 'cn=infrahub,dc=example,dc=org',
  LDAP_SERVICE_PASSWORD: 'service',
  LDAP_GROUP_BASE_DN: 'ou=groups,dc=example,dc=org',
  EXTERNAL_SERVER_API_URL: `http://${NOWHERE}`,
  GIT_REPO_URL: '/nonexistent.git',
  ARGOCD_URL: `http://${NOWHERE}`,
  ARGOCD_TOKEN: 'token',
});
