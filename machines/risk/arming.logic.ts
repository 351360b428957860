/**
 * Live trading is armed: a person has named the account, for a time. Everything that must fit before money is real is
 * looked at here, and each mismatch is one sentence.
 */
import type { RiskStatus } from './risk.status.ts';

/** What a person said, and until when it counts. */
export interface Arming {
  readonly account: string;
  /** Whose word it is: the user of this machine. */
  readonly by: string;
  /** Epoch ms. */
  readonly at: number;
  /** Epoch ms. */
  readonly until: number;
}

/** A strategy as it was tried on the past, or as a session will trade it. */
export interface TriedStrategy {
  readonly strategy: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The longest time that one word counts, in hours: a week, from one weekly login to the next. */
export const LONGEST_ARMING_HOURS = 168;

const time = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
const howTo = (account: string): string => `npm run tw -- arm --account ${account} --hours 8`;

/** Why the account is not armed now; null when it is. */
export function unarmed(account: string, arming: Arming | null, now: number): string | null {
  if (arming === null) return `Live trading of account ${account} is not armed; ${howTo(account)}`;
  if (arming.account !== account) {
    return `Live trading is armed for account ${arming.account}, and the account is ${account}; ${howTo(account)}`;
  }
  if (arming.until <= now) {
    return `The arming of account ${account} by ${arming.by} ended at ${time(arming.until)}; ${howTo(account)}`;
  }
  return null;
}

/** Plain data as text, the same for the same data: keys in order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );

/** The sessions whose strategy, with just these parameters, has no stored backtest; a sentence for the first. */
export function untried(
  sessions: readonly (TriedStrategy & { readonly id: string })[],
  backtests: readonly TriedStrategy[],
): string | null {
  const tried = new Set(backtests.map(({ strategy, parameters }) => `${strategy} ${canonical(parameters)}`));
  const found = sessions.filter(
    ({ strategy, parameters }) => !tried.has(`${strategy} ${canonical(parameters)}`),
  );
  const first = found[0];
  if (first === undefined) return null;
  const more = found.length === 1 ? '' : `, nor have ${found.length - 1} more sessions`;
  return `session ${first.id} trades by strategy "${first.strategy}", which has no stored backtest with these parameters${more}`;
}

/** What risk is at most while live trading is not armed: positions may be left, not entered. */
export const heldUnarmed = (cause: string, since: number): RiskStatus => ({
  ...{ state: 'reducing', since, cause, author: 'limit' },
});
