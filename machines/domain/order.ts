import type { DecimalString } from './decimal.ts';
import type { InstrumentId } from './instrument.ts';

export const OrderSide = { buy: 'BUY', sell: 'SELL' } as const;
export type OrderSide = (typeof OrderSide)[keyof typeof OrderSide];

/** IBKR's names. @see https://ibkrcampus.com/campus/ibkr-api-page/order-types/ */
export const OrderType = {
  market: 'MKT',
  limit: 'LMT',
  stop: 'STP',
  stopLimit: 'STP LMT',
  trailingStop: 'TRAIL',
  trailingStopLimit: 'TRAIL LIMIT',
  marketIfTouched: 'MIT',
  limitIfTouched: 'LIT',
  marketOnClose: 'MOC',
  limitOnClose: 'LOC',
} as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

/** `OPG` makes a market or limit order one for the opening auction. */
export const TimeInForce = {
  day: 'DAY',
  goodTillCancelled: 'GTC',
  immediateOrCancel: 'IOC',
  fillOrKill: 'FOK',
  atTheOpening: 'OPG',
} as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** Our own identity of an order: committed before it is sent, echoed by IBKR in every message about it. */
export type OrderRef = string;

/** Who asked for the order. `ibkr` orders are seen at the broker and were asked for elsewhere. */
export type OrderSource = 'autotrader' | 'manual' | 'ibkr';

/** The prices of an order; which ones it has depends on its type, the others are null. @see priceRules */
export interface OrderPrices {
  readonly limitPrice: DecimalString | null;
  /** Where a stop or if-touched order wakes up; of a trailing one where its stop begins. */
  readonly stopPrice: DecimalString | null;
  /** How far a trailing stop stays behind the market, in the instrument's currency. */
  readonly trailAmount: DecimalString | null;
  /** The same in percent of the price; 1 is one percent. */
  readonly trailPercent: DecimalString | null;
  /** How far the limit of a trailing stop limit order is from its stop. */
  readonly limitOffset: DecimalString | null;
}

export const noPrices: OrderPrices = {
  limitPrice: null,
  stopPrice: null,
  trailAmount: null,
  trailPercent: null,
  limitOffset: null,
};

/** An order that may still fill: pending, working, being cancelled, or of unknown outcome. */
export interface InFlightOrder {
  readonly ref: OrderRef;
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly sessionId: string | null;
  readonly side: OrderSide;
  /** What may still fill of it. */
  readonly remaining: DecimalString;
}

/** What is about to be done; committed before anything is sent. */
export interface OrderIntent extends OrderPrices {
  readonly ref: OrderRef;
  readonly source: 'autotrader' | 'manual';
  /** The session that decided; null for a manual order. */
  readonly sessionId: string | null;
  readonly instrumentId: InstrumentId;
  readonly side: OrderSide;
  readonly quantity: DecimalString;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  /** The entry that this order protects, of a bracket's take-profit or stop-loss; null for any other. */
  readonly parentRef: OrderRef | null;
  /** Reducing risk lets exits through and nothing else. */
  readonly purpose: 'entry' | 'exit';
  /** Why, in one sentence for people. */
  readonly reason: string;
  /** Start of the bar that decided, epoch ms; null for a manual order. */
  readonly barTime: number | null;
  /** Epoch ms, wall clock. */
  readonly createdAt: number;
}

/** How much, and at which prices: what a change of an order that works may change. */
export interface OrderSizing extends OrderPrices {
  readonly quantity: DecimalString;
}

/** A change of an order that works; committed before it is sent. */
export interface OrderAmendment extends OrderSizing {
  readonly ref: OrderRef;
  /** Why, in one sentence for people. */
  readonly reason: string;
  /** Epoch ms, wall clock. */
  readonly createdAt: number;
}

/**
 * The life of an order as we know it.
 * - `intended`: committed, not yet handed to the socket.
 * - `sent`: handed to the socket, no word yet.
 * - `unknown`: the deadline passed or the link was lost without a word; in flight until asked and settled.
 * - `working`: the broker acknowledged it.
 * - `cancelling`: a cancel was sent; still exposure until settled.
 * - `filled` | `cancelled` | `rejected`: the broker said so; final.
 * - `absent`: never sent, or asked for everywhere and known nowhere at the broker; final.
 */
export const orderStates = [
  'intended',
  'sent',
  'unknown',
  'working',
  'cancelling',
  'filled',
  'cancelled',
  'rejected',
  'absent',
] as const;
export type OrderState = (typeof orderStates)[number];

const finalStates: readonly OrderState[] = ['filled', 'cancelled', 'rejected', 'absent'];

/** Tells whether nothing more is expected of the order. Late fills may still arrive and are always stored. */
export const isFinal = (state: OrderState): boolean => finalStates.includes(state);

/** An order as stored and shown. */
export interface Order extends Omit<OrderIntent, 'source' | 'reason'> {
  readonly source: OrderSource;
  readonly reason: string | null;
  readonly state: OrderState;
  /** IBKR's permanent ids of this ref; more than one is an alarm. */
  readonly permIds: readonly number[];
  /** Order id and client id of the last submission; null before it. */
  readonly orderId: number | null;
  readonly clientId: number | null;
  readonly account: string | null;
  /** Sum of its executions. */
  readonly filled: DecimalString;
  readonly averagePrice: DecimalString | null;
  /** Broker's words for a rejection or cancellation. */
  readonly message: string | null;
  readonly updatedAt: number;
}

/** An order of any origin: those placed elsewhere may have types that Tradewarden does not place. */
export interface ListedOrder extends Omit<Order, 'orderType' | 'timeInForce' | 'purpose'> {
  readonly orderType: string;
  readonly timeInForce: TimeInForce | null;
  readonly purpose: 'entry' | 'exit' | null;
}

/** The outcome of a command to the broker. `unknown` never becomes `rejected` by itself. */
export type CommandOutcome =
  | { readonly outcome: 'accepted'; readonly permId: number | null }
  | { readonly outcome: 'rejected'; readonly code: number | null; readonly message: string }
  | { readonly outcome: 'unknown'; readonly message: string };

const REF = /^tw\.(s|m|f)\.([a-z0-9-]*)\.([0-9A-HJKMNP-TV-Z]{26})$/;

/** Of an order that flattens, the one thing that a halt lets through: `tw.f..<ulid>`. A person asked for it. */
export const flattenRef = (ulid: string): OrderRef => `tw.f..${ulid}`;
export const isFlattenRef = (ref: OrderRef): boolean => REF.exec(ref)?.[1] === 'f';

/** Builds an orderRef: `tw.s.<session>.<ulid>` or `tw.m..<ulid>`; from it alone a trade is attributed. */
export function orderRef(origin: { sessionId: string | null }, ulid: string): OrderRef {
  return origin.sessionId === null ? `tw.m..${ulid}` : `tw.s.${origin.sessionId}.${ulid}`;
}

/** Reads who placed an order from its orderRef; anything not ours is `ibkr`. */
export function sourceOfRef(ref: string | null): { source: OrderSource; sessionId: string | null } {
  const match = ref === null ? null : REF.exec(ref);
  if (match === null) return { source: 'ibkr', sessionId: null };
  return match[1] === 's'
    ? { source: 'autotrader', sessionId: match[2] ?? null }
    : { source: 'manual', sessionId: null };
}
