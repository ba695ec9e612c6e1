import { recordAudit } from '../audit/audit.repository.ts';
import { type Db, inTransaction, type Tx } from '../platform/database.ts';
import { InfraHubError } from '../platform/errors.ts';
import { addressBlock } from './address-block.ts';
import {
  type Counter,
  clearTries,
  countRefusal,
  countTry,
  isKnownAt,
  takeBackTry,
} from './sign-in-limits.repository.ts';
import { ADDRESS_DELAYS, accountDelays, type Delays, isWorthAnEvent } from './sign-in-limits.rules.ts';

export type Origin = { requestId: string; remoteAddress: string };

/** A try that was counted. It stands for a wrong password until one of these says otherwise. */
export type CountedTry = {
  /** The password was right: the account's count starts anew, and is its own at this address from now on. */
  succeeded(tx: Tx): Promise<void>;
  /** It was not about the password: the directory was down, or gives no role. */
  takeBack(): Promise<void>;
};

class ComesTooSoon extends Error {
  readonly counter: Counter;
  constructor(counter: Counter) {
    super('too soon');
    this.counter = counter;
  }
}

/**
 * Slows down the guessing of passwords, on all replicas together. Tries are counted for the account and for the address;
 * an account is counted apart at the addresses that it has signed in from, so that strangers cannot keep it out there.
 * `freeTries` wrong passwords for one account cost no wait.
 */
export function createSignInGuard({ db, freeTries }: { db: Db; freeTries: number }) {
  const delaysOfAccount = accountDelays(freeTries);

  async function counterOfAccount(account: string, address: string): Promise<Counter> {
    return (await isKnownAt(db, { account, address })) ? { account, address } : { account, address: '' };
  }

  async function refuse(counter: Counter, account: string, origin: Origin): Promise<never> {
    const limit = counter.account === '' ? 'address' : 'account';
    const seconds = await inTransaction(db, async (tx) => {
      const { refused, seconds } = await countRefusal(tx, counter);
      if (isWorthAnEvent(refused)) {
        await recordAudit(
          tx,
          { sub: account, requestId: origin.requestId },
          {
            action: 'session.sign_in_throttled',
            target: { type: 'account', id: account, name: account },
            place: {},
            after: {
              limit,
              refused_so_far: refused,
              retry_after_seconds: seconds,
              remote_address: origin.remoteAddress,
            },
          },
        );
      }
      return seconds;
    });
    const what = limit === 'address' ? 'from your address' : 'for this user name';
    throw new InfraHubError(
      'TOO_MANY_REQUESTS',
      `Too many sign-ins ${what} failed. Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
      {
        retry_after_seconds: seconds,
      },
    );
  }

  return {
    /**
     * Counts a try before the password is looked at. `account` is undefined for what can be no account's name.
     * @throws InfraHubError `TOO_MANY_REQUESTS` with `retry_after_seconds`.
     */
    async admit(account: string | undefined, origin: Origin): Promise<CountedTry> {
      const address = addressBlock(origin.remoteAddress);
      const ofAccount = account === undefined ? undefined : await counterOfAccount(account, address);
      // The account before the address, always, so that no two wait for each other.
      const counted: [Counter, Delays][] = [
        ...(ofAccount ? [[ofAccount, delaysOfAccount] satisfies [Counter, Delays]] : []),
        [{ account: '', address }, ADDRESS_DELAYS],
      ];
      try {
        await inTransaction(db, async (tx) => {
          for (const [counter, delays] of counted) {
            if (!(await countTry(tx, counter, delays))) throw new ComesTooSoon(counter);
          }
        });
      } catch (error) {
        if (!(error instanceof ComesTooSoon)) throw error;
        return refuse(error.counter, account ?? NO_ACCOUNT, origin);
      }
      return {
        async succeeded(tx) {
          if (ofAccount) await clearTries(tx, ofAccount);
          if (ofAccount?.address === '') await clearTries(tx, { ...ofAccount, address });
          // Only its own: else an account of one's own would buy any number of guesses at others.
          await takeBackTry(tx, { account: '', address }, ADDRESS_DELAYS);
        },
        takeBack: () =>
          inTransaction(db, async (tx) => {
            for (const [counter, delays] of counted) await takeBackTry(tx, counter, delays);
          }),
      };
    },
  };
}

/** Stands in the audit log for a typed name that can be no account's. */
export const NO_ACCOUNT = 'not-an-account-name';
