/** Profit and loss by currency as IBKR's ledger has it, and all of it in the base currency by IBKR's live rates. */
import { Decimal, type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import type { AccountValue } from '../domain/position.ts';
import { notTold, oldest, type PnlRow } from './pnl.logic.ts';

/** IBKR's own name for all currencies together in a ledger. */
const BASE = 'BASE';
/** @see https://interactivebrokers.github.io/tws-api/account_updates.html (UnrealizedPnL, RealizedPnL, ExchangeRate) */
const ledgerKeys = { realized: 'RealizedPnL', unrealized: 'UnrealizedPnL', rate: 'ExchangeRate' } as const;

interface Ledger {
  readonly currency: string;
  readonly realized: AccountValue | undefined;
  readonly unrealized: AccountValue | undefined;
  readonly rate: AccountValue | undefined;
}

/** The currency in which the account is kept, as its net liquidation was told; null when it was not. */
export const baseCurrency = (values: readonly AccountValue[], account: string): string | null =>
  values.find((value) => value.account === account && value.key === 'NetLiquidation' && value.value !== null)
    ?.currency ?? null;

/**
 * A figure of an account in a currency: as it was told in it, or else what was told in the base currency, by IBKR's
 * live rate. Null when neither was told.
 */
export function figureIn(
  values: readonly AccountValue[],
  account: string,
  key: string,
  currency: string,
): DecimalString | null {
  const mine = values.filter((value) => value.account === account && value.value !== null);
  const of = (name: string, unit: string | null) =>
    mine.find((value) => value.key === name && value.currency === unit)?.value ?? null;
  const asTold = of(key, currency);
  if (asTold !== null) return asTold;
  const [inBase, rate] = [of(key, baseCurrency(values, account)), of(ledgerKeys.rate, currency)];
  if (inBase === null || rate === null || !decimal(rate).gt(0)) return null;
  return decimalString(decimal(inBase).div(rate).toSignificantDigits(15));
}

function ledgersOf(values: readonly AccountValue[], account: string): readonly Ledger[] {
  const mine = values.filter((value) => value.account === account && value.currency !== null);
  const of = (key: string, currency: string) =>
    mine.find((value) => value.key === key && value.currency === currency);
  const currencies = new Set(
    mine.filter(({ key }) => key === ledgerKeys.unrealized).map(({ currency }) => currency ?? BASE),
  );
  return [...currencies].map((currency) => ({
    currency,
    realized: of(ledgerKeys.realized, currency),
    unrealized: of(ledgerKeys.unrealized, currency),
    rate: of(ledgerKeys.rate, currency),
  }));
}

const told = (value: AccountValue | undefined): DecimalString | null => value?.value ?? null;

/** Each currency of an account as IBKR's ledger has it, and all of them in the base currency by IBKR's rates. */
export function currencyRows(values: readonly AccountValue[], account: string): readonly PnlRow[] {
  const base = baseCurrency(values, account);
  const all = ledgersOf(values, account);
  const own = all.filter(({ currency }) => currency !== BASE);
  // An account of one currency may be told as BASE only, which then is that currency.
  const ledgers = own.length > 0 ? own : all;
  const rows = ledgers.map((ledger): PnlRow => {
    const [realized, unrealized] = [told(ledger.realized), told(ledger.unrealized)];
    const currency = ledger.currency === BASE ? (base ?? BASE) : ledger.currency;
    return {
      ...{ scope: 'currency', id: currency, account, currency, daily: null, realized, unrealized },
      instrumentId: null,
      ...{ commission: null, period: 'day', source: 'ibkr' },
      at: oldest(ledger.realized?.at ?? null, ledger.unrealized?.at ?? null),
      missing: realized === null || unrealized === null ? notTold : null,
    };
  });
  return ledgers.length === 0 ? [] : [...rows, baseRow(ledgers, account, base)];
}

/** The sum of all currencies; unknown as soon as one figure or one rate is. */
function baseRow(ledgers: readonly Ledger[], account: string, base: string | null): PnlRow {
  const sum = (figure: 'realized' | 'unrealized'): DecimalString | null => {
    let total: Decimal = new Decimal(0);
    for (const ledger of ledgers) {
      const [value, rate] = [told(ledger[figure]), rateOf(ledger, base)];
      if (value === null || rate === null) return null;
      total = total.plus(decimal(value).mul(rate));
    }
    return decimalString(total.toSignificantDigits(15));
  };
  const [realized, unrealized] = [sum('realized'), sum('unrealized')];
  const unrated = ledgers.filter((ledger) => rateOf(ledger, base) === null).map(({ currency }) => currency);
  return {
    ...{ scope: 'base', id: account, account, currency: base, daily: null, realized, unrealized },
    instrumentId: null,
    ...{ commission: null, period: 'day', source: 'converted' },
    at: oldest(
      ...ledgers.flatMap((of) => [of.realized?.at ?? null, of.unrealized?.at ?? null, of.rate?.at ?? null]),
    ),
    missing:
      unrated.length > 0
        ? `IBKR has not told the exchange rate of ${unrated.join(', ')}.`
        : realized === null || unrealized === null
          ? notTold
          : null,
  };
}

/** How much of the base currency one unit is; a currency is worth 1 of itself. A rate of 0 is none. */
function rateOf(ledger: Ledger, base: string | null): DecimalString | null {
  if (ledger.currency === BASE || ledger.currency === base) return '1';
  const rate = told(ledger.rate);
  return rate === null || decimal(rate).isZero() ? null : rate;
}
