import { Decimal } from 'decimal.js';
import type { SecType } from '../config.ts';

/** One position, money in the currency of its contract. */
export interface Holding {
  quantity: Decimal;
  /** Per share or contract, multiplier and commission included, as IBKR counts it. */
  avgCost: Decimal;
  /** Since the market day began. */
  realizedToday: Decimal;
  /** Unrealised profit when the market day began. */
  unrealizedAtDayStart: Decimal;
}

/** The money of one account. Immutable: a fill or a new day makes the next one. */
export interface Ledger {
  /** By currency. Futures move it only when they are closed; a currency pair moves both of its currencies. */
  cash: Readonly<Record<string, Decimal>>;
  /** Shares traded in this calendar month, which the tiers of commissions count. */
  month: { readonly name: string; readonly shares: Decimal };
  holdings: Readonly<Record<string, Holding>>;
  /** Market date of the day's figures, and net liquidation value when it began. */
  day: string;
  netLiquidationAtDayStart: Decimal;
}

export interface LedgerContract {
  conId: number;
  secType: SecType;
  currency: string;
  /** Of a currency pair: what is bought and sold. */
  symbol: string;
  multiplier: Decimal;
  /** Of the contract's currency into the account's. */
  rate: Decimal;
}

/** All currencies together, in the account's; TWS's word. */
export const BASE = 'BASE';

const ZERO = new Decimal(0);
export const emptyHolding: Holding = {
  quantity: ZERO,
  avgCost: ZERO,
  realizedToday: ZERO,
  unrealizedAtDayStart: ZERO,
};

/**
 * Books one fill. `signed` is positive for a buy. Answers the next ledger and the profit that the fill realised,
 * net of commission; undefined when it closed nothing.
 */
export function bookFill(
  ledger: Ledger,
  contract: LedgerContract,
  signed: Decimal,
  price: Decimal,
  commission: Decimal,
): { ledger: Ledger; realized: Decimal | undefined } {
  const before = ledger.holdings[contract.conId] ?? emptyHolding;
  const value = price.times(contract.multiplier);
  const direction = before.quantity.isZero() ? signed.s : before.quantity.s;
  const closing = direction === signed.s ? ZERO : Decimal.min(before.quantity.abs(), signed.abs());
  const opening = signed.abs().minus(closing);
  const commissionToClose = commission.times(closing).div(signed.abs());
  const commissionToOpen = commission.minus(commissionToClose);
  const quantity = before.quantity.plus(signed);
  let avgCost = before.avgCost;
  let realized: Decimal | undefined;
  if (closing.gt(0))
    realized = value.minus(before.avgCost).times(closing).times(direction).minus(commissionToClose);
  if (opening.gt(0)) {
    const kept = closing.gt(0) ? ZERO : before.quantity.abs();
    // Commission makes a long position dearer and a short position's proceeds smaller.
    const cost = value.times(opening).plus(commissionToOpen.times(signed.s));
    avgCost = before.avgCost.times(kept).plus(cost).div(kept.plus(opening));
  }
  if (quantity.isZero()) avgCost = ZERO;
  const flow = contract.secType === 'FUT' ? (realized ?? ZERO) : signed.times(value).neg().minus(commission);
  const flows: readonly (readonly [string, Decimal])[] =
    contract.secType === 'CASH'
      ? [
          [contract.currency, flow],
          [contract.symbol, signed],
        ]
      : [[contract.currency, flow]];
  const cash = { ...ledger.cash };
  for (const [currency, amount] of flows) cash[currency] = (cash[currency] ?? ZERO).plus(amount);
  return {
    realized,
    ledger: {
      ...ledger,
      cash,
      month:
        contract.secType === 'STK'
          ? { ...ledger.month, shares: ledger.month.shares.plus(signed.abs()) }
          : ledger.month,
      holdings: {
        ...ledger.holdings,
        [contract.conId]: {
          ...before,
          quantity,
          avgCost,
          realizedToday: before.realizedToday.plus(realized ?? ZERO),
        },
      },
    },
  };
}

/** A position's unrealised profit at a price. */
export function unrealized(holding: Holding, contract: LedgerContract, price: Decimal): Decimal {
  return price.times(contract.multiplier).minus(holding.avgCost).times(holding.quantity);
}

/** A position's part of the net liquidation value, in the account's currency. */
export function netValue(holding: Holding, contract: LedgerContract, price: Decimal): Decimal {
  // What a currency pair brought is cash already.
  if (contract.secType === 'CASH') return ZERO;
  const own =
    contract.secType === 'FUT'
      ? unrealized(holding, contract, price)
      : price.times(contract.multiplier).times(holding.quantity);
  return own.times(contract.rate);
}
