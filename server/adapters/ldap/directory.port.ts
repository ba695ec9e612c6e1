/** Somebody as the directory knows them. */
export type Person = {
  /** The account's own name, lower case: `sub` of the tokens. */
  username: string;
  /** DNs of the groups that the person is a direct member of, as the directory gives them. */
  groupDns: string[];
};

/** The organisation's LDAP directory. */
export type Directory = {
  /**
   * Checks the password by a bind as that person, then reads the groups as the service account. Undefined when the name or
   * the password is wrong: the two are not told apart, in the answer or in time.
   * @throws UpstreamError `DIRECTORY_UNAVAILABLE` when it cannot be asked, or refuses the service account.
   */
  authenticate(username: string, password: string): Promise<Person | undefined>;
  /**
   * Reads the groups again, as the service account. Undefined when the person is gone.
   * @throws UpstreamError `DIRECTORY_UNAVAILABLE` as above.
   */
  find(username: string): Promise<Person | undefined>;
};

const ACCOUNT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The account that a typed name means, lower case; undefined for what can be no account's name. */
export function accountName(typed: string): string | undefined {
  const name = typed.normalize('NFC');
  return ACCOUNT_NAME.test(name) ? name.toLowerCase() : undefined;
}
