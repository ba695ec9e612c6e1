import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import ldapjs from 'ldapjs';
import { z } from 'zod';

export type DemoPerson = { username: string; password: string };
/** `ou` is where it lies: `groups`, which InfraHub looks at, unless said otherwise. */
export type DemoGroup = { cn: string; ou?: string; members: string[] };

/** How the directory can be told to misbehave. */
export const directoryBehaviour = z.object({
  delay_ms: z.number().int().min(0).max(600_000).default(0).describe('Milliseconds before each answer'),
  down: z.boolean().default(false).describe('Connections are cut as soon as something is asked'),
  service_account_refused: z.boolean().default(false).describe('As if the password of the service account was changed'),
});
type Behaviour = z.infer<typeof directoryBehaviour>;

const SUFFIX = 'dc=example,dc=org';
const USER_BASE = `ou=people,${SUFFIX}`;
const SERVICE_DN = `cn=infrahub,ou=services,${SUFFIX}`;

const [INVALID_CREDENTIALS, NO_SUCH_OBJECT, INSUFFICIENT_ACCESS] = [49, 32, 50] as const;

type Request = { connection: Socket; dn: { toString(): string } };
type BindRequest = Request & { credentials: string };
type Filter = { matches(entry: Record<string, string[]>, strictCase: boolean): boolean };
type SearchRequest = Request & { scopeName: string; filter: Filter; attributes: string[] };
type Response = { end(status?: number): void; send(entry: unknown): void; attributes: string[] };
type Next = () => void;

const dnOf = (username: string) => `uid=${username},${USER_BASE}`;
const groupDn = ({ cn, ou = 'groups' }: DemoGroup) => `cn=${cn},ou=${ou},${SUFFIX}`;
const sameText = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** A directory on loopback, kept in memory. Only its service account may search; `env` is what points InfraHub to it. */
export async function startDirectory(start: { port?: number; people: DemoPerson[]; groups: DemoGroup[] }) {
  let { people, groups } = start;
  let behaviour: Behaviour = directoryBehaviour.parse({});
  const servicePassword = randomBytes(18).toString('base64url');
  const mayRead = new WeakSet<Socket>();
  const open = new Set<Socket>();
  const server = ldapjs.createServer();

  /** Notes the connection and misbehaves as told, before each request. */
  async function receive({ connection }: Request, _res: Response, next: Next): Promise<void> {
    if (!open.has(connection)) {
      open.add(connection);
      connection.setNoDelay(); // else an answer in two parts waits 40 ms for its second
      connection.once('close', () => open.delete(connection));
    }
    await sleep(behaviour.delay_ms, undefined, { ref: false });
    if (behaviour.down) connection.destroy();
    else next();
  }

  function passwordOf(dn: string): string | undefined {
    if (sameText(dn, SERVICE_DN)) return behaviour.service_account_refused ? undefined : servicePassword;
    return people.find((person) => sameText(dn, dnOf(person.username)))?.password;
  }

  function bind({ connection, dn, credentials }: BindRequest, res: Response): void {
    const accepted = credentials !== '' && passwordOf(dn.toString()) === credentials;
    if (accepted && sameText(dn.toString(), SERVICE_DN)) mayRead.add(connection);
    else mayRead.delete(connection);
    res.end(accepted ? 0 : INVALID_CREDENTIALS);
  }

  function entryOf({ username }: DemoPerson) {
    const memberOf = groups.filter((group) => group.members.includes(username)).map(groupDn);
    return {
      dn: dnOf(username),
      attributes: { objectClass: ['inetOrgPerson'], uid: [username], ...(memberOf.length > 0 && { memberOf }) },
    };
  }

  /** Below the people's base: all of them. Else the one entry that the base names. */
  function entriesUnder(base: string, scopeName: string) {
    const entries = people.map(entryOf);
    if (sameText(base, USER_BASE)) return entries.filter(() => scopeName !== 'base');
    const entry = entries.find(({ dn }) => sameText(dn, base));
    return entry && [entry];
  }

  function search({ connection, dn, scopeName, filter, attributes }: SearchRequest, res: Response): void {
    const entries = entriesUnder(dn.toString(), scopeName);
    if (!mayRead.has(connection)) {
      res.end(INSUFFICIENT_ACCESS);
    } else if (!entries) {
      res.end(NO_SUCH_OBJECT);
    } else {
      res.attributes = attributes.map((name) => name.toLowerCase()); // ldapjs compares them so
      for (const entry of entries) if (filter.matches(entry.attributes, false)) res.send(entry);
      res.end();
    }
  }

  server.bind(SUFFIX, receive, bind);
  server.search(SUFFIX, receive, search);
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(start.port ?? 0, '127.0.0.1', listening);
  });
  server.on('error', () => undefined); // whatever a client sends, the demo stays up

  return {
    url: server.url,
    env: {
      LDAP_URL: server.url,
      LDAP_USER_BASE_DN: USER_BASE,
      LDAP_SERVICE_DN: SERVICE_DN,
      LDAP_SERVICE_PASSWORD: servicePassword,
      LDAP_GROUP_BASE_DN: `ou=groups,${SUFFIX}`,
    },
    setPeople: (now: DemoPerson[]) => {
      people = now;
    },
    setGroups: (now: DemoGroup[]) => {
      groups = now;
    },
    behaviour: () => behaviour,
    behave: (patch: Partial<Behaviour>) => {
      behaviour = { ...behaviour, ...patch };
    },
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(stopped);
        for (const connection of open) connection.destroy();
      }),
  };
}
