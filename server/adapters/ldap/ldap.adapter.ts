import { readFileSync } from 'node:fs';
import {
  Client,
  ConstraintViolationError,
  type Entry,
  Filter,
  InappropriateAuthError,
  InvalidCredentialsError,
  NoSuchObjectError,
  UnwillingToPerformError,
} from 'ldapts';
import type { Config } from '../../platform/config.ts';
import { UpstreamError } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import { accountName, type Directory, type Person } from './directory.port.ts';
import { createTurnstile } from './turnstile.ts';

export type LdapSettings = Pick<
  Config,
  | 'LDAP_URL'
  | 'LDAP_CA_FILE'
  | 'LDAP_USER_DN_TEMPLATE'
  | 'LDAP_USER_BASE_DN'
  | 'LDAP_USER_FILTER'
  | 'LDAP_SERVICE_DN'
  | 'LDAP_SERVICE_PASSWORD'
  | 'LDAP_TIMEOUT_SECONDS'
>;

/** Questions that one replica has open at the directory, so that a slow one cannot use up our sockets and memory. */
const MAX_AT_ONCE = 50;
const MAX_PASSWORD_BYTES = 1024;

/** How directories say no to a person: wrong password, locked, inactive, without a password, not there. */
const REFUSALS = [
  InvalidCredentialsError,
  ConstraintViolationError,
  UnwillingToPerformError,
  InappropriateAuthError,
  NoSuchObjectError,
];

/**
 * The directory over LDAP or LDAPS. Users are found by the DN template or, without one, by a search. Each question has
 * connections of its own and `LDAP_TIMEOUT_SECONDS` as a whole, waiting for its turn included. Referrals are not followed.
 * @throws Error when the CA file cannot be read.
 */
export function createLdapDirectory(settings: LdapSettings, log: Log): Directory {
  const timeoutMs = settings.LDAP_TIMEOUT_SECONDS * 1000;
  const tls = tlsOptions(settings);
  const inTurn = createTurnstile(MAX_AT_ONCE);

  async function ask<T>(question: (deadline: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const tooLate = new Promise<never>((_, reject) => {
      deadline.addEventListener('abort', () => reject(deadline.reason));
    });
    const answer = inTurn(async () => {
      deadline.throwIfAborted();
      return question(deadline);
    });
    try {
      return await Promise.race([answer, tooLate]);
    } catch (cause) {
      throw new UpstreamError(
        'DIRECTORY_UNAVAILABLE',
        'The directory cannot be asked at the moment. Nothing is wrong with your password; try again in a minute.',
        {},
        cause,
      );
    }
  }

  async function connected<T>(deadline: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      url: settings.LDAP_URL,
      connectTimeout: timeoutMs,
      timeout: timeoutMs,
      // Else a connection that the server drops is replaced by one that asks as nobody, and finds no groups.
      autoRebind: true,
      ...(tls && { tlsOptions: tls }),
    });
    const hangUp = () => {
      // ldapts never settles a connect that is unbound; that one ends by its own timeout.
      if (client.isConnected) client.unbind().catch(() => undefined);
    };
    deadline.addEventListener('abort', hangUp);
    try {
      return await work(client);
    } finally {
      deadline.removeEventListener('abort', hangUp);
      await client.unbind().catch(() => undefined);
    }
  }

  const asService = <T>(deadline: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> =>
    connected(deadline, async (client) => {
      try {
        await client.bind(settings.LDAP_SERVICE_DN, settings.LDAP_SERVICE_PASSWORD);
      } catch (err) {
        if (err instanceof InvalidCredentialsError) {
          log.error(
            { alarm: 'directory_refuses_service_account', err },
            'nobody can sign in: the directory refuses the service account. Check LDAP_SERVICE_DN and LDAP_SERVICE_PASSWORD',
          );
        }
        throw err;
      }
      return work(client);
    });

  const acceptsPassword = (deadline: AbortSignal, dn: string, password: string): Promise<boolean> =>
    connected(deadline, async (client) => {
      try {
        await client.bind(dn, password);
        return true;
      } catch (error) {
        if (REFUSALS.some((refusal) => error instanceof refusal)) return false;
        throw error;
      }
    });

  /** The one entry that the search finds, by the DN that the server gives it. */
  async function search(client: Client, account: string): Promise<string | undefined> {
    const { searchEntries } = await client.search(userBaseDn(settings), {
      scope: 'sub',
      filter: settings.LDAP_USER_FILTER.replaceAll('{username}', () => Filter.escape(account)),
      attributes: ['1.1'],
      sizeLimit: 2,
    });
    if (searchEntries.length > 1) {
      log.error(
        { alarm: 'directory_name_is_ambiguous', account },
        'somebody cannot sign in: LDAP_USER_FILTER finds several entries for the name',
      );
      return undefined;
    }
    return searchEntries[0]?.dn;
  }

  async function read(client: Client, account: string, dn: string): Promise<Person | undefined> {
    try {
      const { searchEntries } = await client.search(dn, { scope: 'base', attributes: ['memberOf'] });
      return searchEntries[0] && { username: account, groupDns: memberOf(searchEntries[0]) };
    } catch (error) {
      if (error instanceof NoSuchObjectError) return undefined;
      throw error;
    }
  }

  return {
    async authenticate(username, password) {
      const account = accountName(username);
      if (account === undefined || !canBePassword(password)) return undefined;
      return ask(async (deadline) => {
        const dn = templateDn(settings, account) ?? (await asService(deadline, (client) => search(client, account)));
        // Somebody unknown costs the same bind as a wrong password.
        const accepted = await acceptsPassword(deadline, dn ?? nobodyDn(settings), password);
        if (!dn || !accepted) return undefined;
        const person = await asService(deadline, (client) => read(client, account, dn));
        if (!person) throw new Error('the service account may not read the entry of somebody who could sign in');
        return person;
      });
    },

    async find(username) {
      const account = accountName(username);
      if (account === undefined) return undefined;
      return ask((deadline) =>
        asService(deadline, async (client) => {
          const dn = templateDn(settings, account) ?? (await search(client, account));
          return dn === undefined ? undefined : read(client, account, dn);
        }),
      );
    },
  };
}

/** ldapts speaks TLS as soon as it gets any of these, so there are none for `ldap://`. */
function tlsOptions({ LDAP_URL, LDAP_CA_FILE }: LdapSettings) {
  if (!LDAP_URL.startsWith('ldaps:')) return undefined;
  const ca = LDAP_CA_FILE === undefined ? {} : { ca: readFileSync(LDAP_CA_FILE) };
  return { ...ca, minVersion: 'TLSv1.2' as const, rejectUnauthorized: true };
}

/** An empty one would be a bind as nobody, which many servers answer with success (RFC 4513, 5.1.2). */
function canBePassword(password: string): boolean {
  const bytes = Buffer.byteLength(password);
  return bytes > 0 && bytes <= MAX_PASSWORD_BYTES && !password.includes('\0');
}

const templateDn = ({ LDAP_USER_DN_TEMPLATE }: LdapSettings, account: string): string | undefined =>
  LDAP_USER_DN_TEMPLATE?.replaceAll('{username}', () => escapeDnValue(account));

const nobodyDn = (settings: LdapSettings): string => `cn=infrahub-no-such-person,${userBaseDn(settings)}`;

function userBaseDn({ LDAP_USER_BASE_DN }: LdapSettings): string {
  if (LDAP_USER_BASE_DN === undefined) throw new Error('LDAP_USER_BASE_DN is not set');
  return LDAP_USER_BASE_DN;
}

/** The text as a value in a DN (RFC 4514, 2.4). ldapts would quote it, which servers need not understand. */
export const escapeDnValue = (text: string): string =>
  text.replace(/[\\"+,;<=>\0]|^[ #]| $/g, (special) => (special === '\0' ? '\\00' : `\\${special}`));

/** One group comes as a string, several as an array, and the attribute's case is the server's choice. */
function memberOf(entry: Entry): string[] {
  const [, value = []] = Object.entries(entry).find(([name]) => name.toLowerCase() === 'memberof') ?? [];
  return [value].flat().map(String);
}
