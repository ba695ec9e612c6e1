import type { Directory, Person } from '../adapters/ldap/directory.port.ts';
import type { Clock } from '../platform/clock.ts';
import type { Db } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import type { Caller, Grant } from '../platform/policy.ts';
import { type Dn, parseDn } from './dn.rules.ts';
import { createExpiringCache } from './expiring-cache.ts';
import { GROUP_OF_ROLE, grantsFromGroups, type IgnoredGroup } from './ldap-groups.rules.ts';
import { findScopeNames } from './scope.repository.ts';

/** A change by somebody who has left a group is refused within this time. */
const RECHECK_MS = 60_000;

type Settings = { db: Db; directory: Directory; clock: Clock; log: Log; groupBaseDn: string };

/**
 * What the directory's groups give people in InfraHub.
 * @throws Error when the group base is no DN.
 */
export function createStanding({ db, directory, clock, log, groupBaseDn }: Settings) {
  const baseDn = readableDn(groupBaseDn);
  /** By session; `undefined` inside is somebody whom the directory could not be asked about. */
  const read = createExpiringCache<Promise<Grant[] | undefined>>({ clock, maxEntries: 10_000 });

  /** What the person's groups allow, as far as they point to something that exists. */
  async function grantsOf(person: Person): Promise<Grant[]> {
    const found = grantsFromGroups(person.groupDns, baseDn);
    const names = await findScopeNames(db, found.grants);
    const exists = ({ role, scope_id }: Grant) =>
      scope_id === null || names.some((name) => name.role === role && name.id === scope_id);
    const unknown = found.grants.filter((grant) => !exists(grant));
    logIgnored(person.username, [
      ...found.ignored,
      ...unknown.map((grant) => ({ group: groupName(grant), reason: 'its id names nothing here' })),
    ]);
    return found.grants.filter(exists);
  }

  function logIgnored(account: string, ignored: IgnoredGroup[]): void {
    if (ignored.length === 0) return;
    log.warn(
      { account, count: ignored.length, ignored: ignored.slice(0, 20) },
      'groups that give no role were ignored',
    );
  }

  /** The grants now: none for somebody who is gone, undefined when the directory cannot be asked. */
  async function readNow(account: string): Promise<Grant[] | undefined> {
    try {
      const person = await directory.find(account);
      return person ? await grantsOf(person) : [];
    } catch (err) {
      log.warn({ err, account }, 'groups could not be read again; what the token grants stands until it expires');
      return undefined;
    }
  }

  const remember = (sessionId: string, grants: Promise<Grant[] | undefined>): void =>
    read.set(sessionId, grants, clock.now().getTime() + RECHECK_MS);

  return {
    grantsOf,

    /** Notes what was just read for this session. */
    isRead: (sessionId: string, grants: Grant[]): void => remember(sessionId, Promise.resolve(grants)),

    /**
     * The caller with what the token grants and the directory still does, as of a minute ago at most. It is asked once
     * a minute for each session that changes something; while it is down, the token is believed until it expires.
     */
    async recheck(caller: Caller): Promise<Caller> {
      const known = read.get(caller.sessionId);
      const asked = known ?? readNow(caller.sub);
      if (!known) remember(caller.sessionId, asked);
      const now = await asked;
      return now
        ? { ...caller, grants: caller.grants.filter((grant) => now.some((held) => same(grant, held))) }
        : caller;
    },
  };
}

function readableDn(text: string): Dn {
  const dn = parseDn(text);
  if (!dn) throw new Error(`LDAP_GROUP_BASE_DN is no distinguished name: ${text}`);
  return dn;
}

const groupName = ({ role, scope_id }: Grant): string => GROUP_OF_ROLE[role].replace('<id>', scope_id ?? '');

const same = (a: Grant, b: Grant): boolean => a.role === b.role && a.scope_id === b.scope_id;
