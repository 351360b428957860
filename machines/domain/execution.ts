import { type Decimal, type DecimalString, decimal, decimalString } from './decimal.ts';
import type { InstrumentId } from './instrument.ts';
import type { OrderSide } from './order.ts';

/** One fill as the broker reported it. */
export interface Execution {
  /** IBKR's id `aaaa.bbbb.cccc.NN`; a correction has the same id but for the last part. */
  readonly execId: string;
  readonly permId: number;
  readonly orderId: number;
  readonly clientId: number;
  /** The order's ref; null for orders placed elsewhere without one. */
  readonly orderRef: string | null;
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly quantity: DecimalString;
  readonly price: DecimalString;
  /** Market time of the fill, epoch ms. */
  readonly time: number;
}

/** Arrives after its execution. */
export interface CommissionReport {
  readonly execId: string;
  readonly commission: DecimalString;
  readonly currency: string;
  /** null when IBKR left it unset (an opening trade). */
  readonly realizedPnl: DecimalString | null;
}

/**
 * The part of an execId that a correction shares with what it corrects.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#exec-id (read 2026-11)
 */
export const execRoot = (execId: string): string => execId.replace(/\.\d+$/, '');

/** The correction number at the end of an execId; 0 when there is none. */
export const execRevision = (execId: string): number => Number(/\.(\d+)$/.exec(execId)?.[1] ?? 0);

/** A later word of the broker on an execution; ids begin with revision 1. */
export const isCorrection = ({ execId }: Pick<Execution, 'execId'>): boolean => execRevision(execId) > 1;

/** What a correction says, in a sentence. A bust, a trade that the exchange takes back, comes with quantity 0. */
export function correctionWords({ execId, orderRef, symbol, side, quantity, price }: Execution): string {
  const which = `execution ${execId} of ${orderRef === null ? 'an order without ref' : `order ${orderRef}`}`;
  return decimal(quantity).isZero()
    ? `${which} was busted by the broker: ${side} ${symbol} counts no more`
    : `${which} was corrected by the broker: ${side} ${quantity} ${symbol} at ${price} counts now`;
}

/**
 * The executions that count: each once, a correction instead of its predecessor.
 * Order of arrival does not matter.
 */
export function effectiveExecutions<E extends { readonly execId: string }>(executions: readonly E[]): E[] {
  const byRoot = new Map<string, E>();
  for (const execution of executions) {
    const known = byRoot.get(execRoot(execution.execId));
    if (known === undefined || execRevision(execution.execId) > execRevision(known.execId)) {
      byRoot.set(execRoot(execution.execId), execution);
    }
  }
  return [...byRoot.values()];
}

/** Filled quantity and volume-weighted price of an order's executions; price null when nothing filled. */
export function fillSummary(executions: readonly Pick<Execution, 'execId' | 'quantity' | 'price'>[]): {
  filled: DecimalString;
  averagePrice: DecimalString | null;
} {
  let quantity: Decimal = decimal(0);
  let notional: Decimal = decimal(0);
  for (const execution of effectiveExecutions(executions)) {
    quantity = quantity.plus(execution.quantity);
    notional = notional.plus(decimal(execution.quantity).mul(execution.price));
  }
  return {
    filled: decimalString(quantity),
    averagePrice: quantity.isZero() ? null : decimalString(notional.div(quantity).toSignificantDigits(12)),
  };
}
