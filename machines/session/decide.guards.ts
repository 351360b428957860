import type { Bar } from '../domain/bar.ts';
import { decimal, decimalString } from '../domain/decimal.ts';
import type { GuardName, OrderProposal, Signal } from '../domain/decision.ts';
import { OrderSide, OrderType, TimeInForce } from '../domain/order.ts';
import type { SessionDefinition } from '../domain/session.ts';
import { riskRefusal } from '../risk/risk.status.ts';
import type { StrategyOutput } from '../strategies/strategy.kind.ts';
import type { DecisionFacts } from './decide.facts.ts';
import { entrySize, limitPrice } from './sizing.ts';

/**
 * The order in which guards are asked; the first that refuses is named. Whether anything is wanted comes before
 * whether it could be done, as that is what a person asks first. (`orderRejected` comes later, from the order desk.)
 */
export const guardOrder = [
  'sessionPaused',
  'barLate',
  'barSuperseded',
  'warmingUp',
  'noSignal',
  'leaseLost',
  'storeDown',
  'brokerNotReady',
  'positionNotSynced',
  'orderInFlight',
  'alreadyInPosition',
  'alreadyFlat',
  'shortNotAllowed',
  'riskHalted',
  'riskReducing',
  'outsideTradingHours',
  'dataNotLive',
  'dataStale',
  'sizeBelowMinimum',
  'cashInsufficient',
] as const satisfies readonly GuardName[];

type Figures = Readonly<Record<string, number | string | boolean | null>>;

/** A guard that said no, with what it compared. A null `reason` leaves the words to the strategy. */
export interface Refusal {
  readonly guard: GuardName;
  readonly reason: string | null;
  readonly values: Figures;
}

/** What an order has to do to the position; `side` and whether it opens or closes. */
export interface Move {
  readonly side: OrderSide;
  readonly purpose: 'entry' | 'exit';
}

const none: Figures = Object.freeze({});
const refuse = (guard: GuardName, reason: string | null, values: Figures = none): Refusal => ({
  guard,
  reason,
  values,
});

const paused = refuse('sessionPaused', 'The session is paused.');
const late = refuse('barLate', 'The bar arrived late, filled in after a gap; prices have moved on.');
const superseded = refuse(
  'barSuperseded',
  'A newer bar has closed already; this one only feeds the indicators.',
);
const warming = refuse('warmingUp', null);
const noSignal = refuse('noSignal', null);
const lease = refuse('leaseLost', 'This process no longer holds the lease of the session.');
const store = refuse(
  'storeDown',
  'The database is not reachable: an order could not be recorded before it is sent.',
);
const notSynced = refuse(
  'positionNotSynced',
  'The position has not been read from the broker since the last change.',
);
const closed = refuse('outsideTradingHours', 'The market is closed by the trading hours of the contract.');

/** Guards that need no idea of the order: sessionPaused to orderInFlight. */
export function refusalBeforeMove(
  facts: DecisionFacts,
  output: StrategyOutput,
  signal: Signal,
): Refusal | null {
  if (facts.paused) return paused;
  if (facts.late) return late;
  if (facts.superseded) return superseded;
  if (!output.stable) return warming;
  if (signal === 'hold') return noSignal;
  if (!facts.leaseHeld) return lease;
  if (!facts.storeUp) return store;
  if (!facts.connectionReady) {
    const reason = `The broker is not ready: ${facts.brokerCause ?? 'no cause was given'}`;
    return refuse('brokerNotReady', reason, { brokerCause: facts.brokerCause });
  }
  if (facts.positionQuantity === null) return notSynced;
  if (facts.ordersInFlight > 0) {
    const reason = `${facts.ordersInFlight} order${facts.ordersInFlight === 1 ? ' is' : 's are'} still in flight.`;
    return refuse('orderInFlight', reason, { ordersInFlight: facts.ordersInFlight });
  }
  return null;
}

/**
 * What the signal asks of a position: alreadyInPosition, alreadyFlat or shortNotAllowed when nothing.
 * A signal against a position closes it first, whatever it wants afterwards; a position is never added to.
 */
export function moveFor(signal: Signal, position: number, allowShort: boolean): Move | Refusal {
  if (position > 0 && signal !== 'long') return { side: OrderSide.sell, purpose: 'exit' };
  if (position < 0 && signal !== 'short') return { side: OrderSide.buy, purpose: 'exit' };
  if (position !== 0) {
    return refuse('alreadyInPosition', `The signal is ${signal} and the position is ${position} already.`);
  }
  if (signal === 'long') return { side: OrderSide.buy, purpose: 'entry' };
  if (signal === 'flat') return refuse('alreadyFlat', 'The signal is flat and there is no position.');
  if (!allowShort) {
    return refuse('shortNotAllowed', 'The signal is short; the session may not sell short.', { allowShort });
  }
  return { side: OrderSide.sell, purpose: 'entry' };
}

/** Guards on the moment: riskHalted to dataStale. */
export function refusalOfMoment(facts: DecisionFacts, move: Move): Refusal | null {
  const risk = riskRefusal({ state: facts.risk, cause: facts.riskCause }, move.purpose);
  if (risk !== null) return refuse(risk.reason, risk.message, { risk: facts.risk });
  if (!facts.marketOpen) return { ...closed, values: { marketTime: facts.marketTime } };
  const { quote } = facts;
  if (quote === null || quote.quality !== 'live') {
    const quality = quote?.quality ?? 'none';
    return refuse('dataNotLive', `The quote is ${quality}; orders need live prices.`, { quality });
  }
  if (quote.ageMs > facts.maxQuoteAgeMs) {
    const reason = `The quote is ${quote.ageMs} ms old; at most ${facts.maxQuoteAgeMs} ms is allowed.`;
    return refuse('dataStale', reason, { quoteAgeMs: quote.ageMs, maxQuoteAgeMs: facts.maxQuoteAgeMs });
  }
  return null;
}

const usable = (price: number | null): price is number => price !== null && price > 0;

/** Security types that are paid in full, so that funds can be compared with the notional. */
const paidInFull: readonly string[] = ['STK', 'CRYPTO'];

/**
 * Sizes and prices the order, or refuses: dataNotLive (no price on the side that a limit needs), sizeBelowMinimum,
 * cashInsufficient (entries of what is paid in full; margin is the broker's to judge).
 */
export function propose(
  definition: SessionDefinition,
  facts: DecisionFacts,
  move: Move,
  bar: Bar,
  stopDistance: number | null,
): OrderProposal | Refusal {
  const opposite = (move.side === 'BUY' ? facts.quote?.ask : facts.quote?.bid) ?? null;
  const last = facts.quote?.last ?? null;
  const isLimit = definition.orderType === OrderType.limit;
  if (isLimit && !usable(opposite)) {
    const sideName = move.side === 'BUY' ? 'ask' : 'bid';
    return refuse('dataNotLive', `There is no ${sideName} to price a limit order from.`, {
      [sideName]: opposite,
    });
  }
  const price = usable(opposite) ? opposite : usable(last) ? last : bar.close;
  const limit = isLimit ? limitPrice(move.side, price, definition.limitOffsetBps, facts.priceBands) : null;
  let quantity = decimal(facts.positionQuantity ?? 0).abs();

  if (move.purpose === 'entry') {
    const { multiplier, lotSize, netLiquidation } = facts;
    const size = entrySize(definition.sizing, { price, multiplier, lotSize, netLiquidation, stopDistance });
    if (!size.ok) {
      const reason =
        size.missing === 'stopDistance'
          ? 'Sizing by risk needs a stop, and the strategy gives none.'
          : 'The net liquidation of the account is not known, so the size cannot be computed.';
      return refuse(size.missing === 'stopDistance' ? 'sizeBelowMinimum' : 'cashInsufficient', reason, {
        sizing: definition.sizing.kind,
        [size.missing]: null,
      });
    }
    quantity = size.quantity;
    if (!quantity.gt(0)) {
      const reason = `The size comes to less than one lot of ${lotSize} at ${price}.`;
      return refuse('sizeBelowMinimum', reason, { price, lotSize, netLiquidation });
    }
    const cost = quantity.mul(limit ?? price).mul(multiplier);
    if (
      facts.availableFunds !== null &&
      paidInFull.includes(definition.instrument.secType) &&
      cost.gt(facts.availableFunds)
    ) {
      const reason = `The order would take ${cost.toFixed()}; available are ${facts.availableFunds}.`;
      const values = { cost: cost.toFixed(), availableFunds: facts.availableFunds };
      return refuse('cashInsufficient', reason, values);
    }
  }
  return {
    side: move.side,
    quantity: decimalString(quantity),
    orderType: definition.orderType,
    limitPrice: limit === null ? null : decimalString(limit),
    timeInForce: TimeInForce.day,
    purpose: move.purpose,
  };
}
