/**
 * Profit and loss by session, instrument and account. Each figure says where it comes from and how old it is; what
 * nobody told is null with a reason, never 0. Currencies: currency.logic.ts.
 */
import { type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type { Holding } from './holding.logic.ts';
import type { PnlReading, PositionValue } from './portfolio.ports.ts';

/** What a figure is about. */
export type PnlScope = 'session' | 'instrument' | 'account' | 'currency' | 'base';

export interface PnlRow {
  readonly scope: PnlScope;
  /** The session's id, the instrument, the currency, or the account; with account and the instrument it is unique in its scope. */
  readonly id: string;
  readonly account: string;
  /** What it is made with; null for an account or a currency. */
  readonly instrumentId: InstrumentId | null;
  readonly currency: string | null;
  readonly daily: DecimalString | null;
  readonly realized: DecimalString | null;
  readonly unrealized: DecimalString | null;
  readonly commission: DecimalString | null;
  /** Realised since the beginning of the (broker's) day, or ever. */
  readonly period: 'day' | 'all';
  /** `ibkr`: as told; `fills`: from our own executions; `converted`: summed with IBKR's exchange rates. */
  readonly source: 'ibkr' | 'fills' | 'converted';
  /** The oldest of what it was made from, epoch ms; null when nothing was told. */
  readonly at: number | null;
  /** Why a figure is null, in a sentence; null when none is. */
  readonly missing: string | null;
}

/** The oldest of several ages; null when none is known. */
export const oldest = (...times: (number | null)[]): number | null => {
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
};

/** What a session has in one instrument and account: what its fills left, and the price that this has now. */
export interface SessionHolding {
  readonly sessionId: string;
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly currency: string | null;
  /** Null while the contract, with its multiplier, is not known. */
  readonly held: { readonly multiplier: DecimalString; readonly holding: Holding } | null;
  /** The newest price with its age; null when there is none. */
  readonly price: { readonly value: number; readonly at: number } | null;
}

/** The row of a session's holding. */
export function sessionRow(of: SessionHolding): PnlRow {
  const { held, price } = of;
  const row: Omit<PnlRow, 'realized' | 'unrealized' | 'commission' | 'at' | 'missing'> = {
    ...{ scope: 'session', id: of.sessionId, account: of.account, currency: of.currency },
    ...{ instrumentId: of.instrumentId, daily: null, period: 'all', source: 'fills' },
  };
  if (held === null) {
    const missing = `The contract of ${of.instrumentId} is not known yet.`;
    return { ...row, realized: null, unrealized: null, commission: null, at: null, missing };
  }
  const { holding, multiplier } = held;
  const { realized, commission } = holding;
  const at = holding.at;
  const unpaid = commission === null ? 'A commission has not been reported yet.' : null;
  if (holding.averageCost === null)
    return { ...row, realized, unrealized: '0', commission, at, missing: unpaid };
  if (price === null) {
    const missing = `No price of ${of.instrumentId} has been told.`;
    return { ...row, realized, unrealized: null, commission, at, missing };
  }
  const unrealized = decimal(String(price.value))
    .minus(holding.averageCost)
    .mul(holding.quantity)
    .mul(multiplier);
  return {
    ...row,
    realized,
    unrealized: decimalString(unrealized.toSignificantDigits(15)),
    commission,
    // A price that is older than the last fill is the weaker word.
    at: price.at,
    missing: unpaid,
  };
}

export const notTold = 'IBKR has not told it.';

/** Each instrument as IBKR values it; realised is today's. */
export const instrumentRow = (value: PositionValue, currency: string | null): PnlRow => ({
  ...{ scope: 'instrument', id: value.instrumentId, account: value.account, currency, daily: null },
  instrumentId: value.instrumentId,
  ...{ realized: value.realizedPnl, unrealized: value.unrealizedPnl, commission: null },
  ...{ period: 'day', source: 'ibkr', at: value.at },
  missing: value.realizedPnl === null || value.unrealizedPnl === null ? notTold : null,
});

/** The account as IBKR computes it, in its base currency. */
export const accountRow = (pnl: PnlReading, currency: string | null): PnlRow => ({
  ...{ scope: 'account', id: pnl.account, account: pnl.account, currency, daily: pnl.daily },
  instrumentId: null,
  ...{ realized: pnl.realized, unrealized: pnl.unrealized, commission: null },
  ...{ period: 'day', source: 'ibkr', at: pnl.at },
  missing: [pnl.daily, pnl.realized, pnl.unrealized].includes(null) ? notTold : null,
});
