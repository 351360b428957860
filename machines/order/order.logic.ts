import { orderConsequenceOf } from '../domain/broker-codes.ts';
import { decimal } from '../domain/decimal.ts';
import type { Order, OrderIntent, OrderSizing, OrderState } from '../domain/order.ts';
import { fieldsOf, type PriceField } from '../domain/order-terms.ts';
import type {
  OrderContext,
  OrderErrored,
  OrderFilledTo,
  OrderInput,
  OrderMissing,
  OrderTold,
} from './order.events.ts';
import type { BracketPlace } from './order.ports.ts';
import { verdictOf } from './order.status.ts';

/** The order as it is right after its intent was committed. */
export function orderOfIntent(intent: OrderIntent, orderId: number, account: string, at: number): Order {
  return {
    ...intent,
    state: 'intended',
    permIds: [],
    orderId,
    clientId: null,
    account,
    filled: '0',
    averagePrice: null,
    message: null,
    updatedAt: at,
  };
}

export const initialOrderContext = (input: OrderInput): OrderContext => ({
  ...input,
  doubtfulSince: 0,
  missingSince: null,
  code: null,
  amendment: null,
  // What was wanted of it before this actor is not known here.
  mayBeAmended: input.intent === null,
});

/** An order that stands by itself. */
export const alone: BracketPlace = { parentOrderId: null, transmit: true };

export const withState = (context: OrderContext, state: OrderState): Pick<OrderContext, 'order'> => ({
  order: { ...context.order, state },
});

/** Takes over what the broker says besides the status. */
export function learn(context: OrderContext, told: OrderTold): Partial<OrderContext> {
  const { order } = context;
  return {
    missingSince: null,
    amendment: isAmendmentOver(context, told) ? null : context.amendment,
    order: {
      ...order,
      ...learnedSizing(order, told, context.amendment !== null),
      permIds: addPermId(order.permIds, told.permId),
      orderId: told.orderId ?? order.orderId,
      clientId: told.clientId ?? order.clientId,
      account: told.account ?? order.account,
      message: told.message ?? order.message,
    },
  };
}

/** IBKR sends 0 until it has given a permanent id. */
export const addPermId = (known: readonly number[], permId: number): readonly number[] =>
  permId === 0 || known.includes(permId) ? known : [...known, permId];

export const noteFills = (context: OrderContext, fills: OrderFilledTo): Partial<OrderContext> => ({
  missingSince: null,
  order: { ...context.order, filled: fills.filled, averagePrice: fills.averagePrice },
});

export const noteError = (context: OrderContext, error: OrderErrored): Partial<OrderContext> => ({
  code: error.code,
  order: { ...context.order, message: error.message },
});

/** Remembers the first answer that did not know the order; answers to older questions are not counted. */
export const noteMissing = (context: OrderContext, missing: OrderMissing): Partial<OrderContext> =>
  missing.askedAt < context.doubtfulSince || context.missingSince !== null
    ? {}
    : { missingSince: missing.at };

/** Whether two answers far enough apart did not know the order. */
export const isMissingLongEnough = (context: OrderContext, missing: OrderMissing): boolean =>
  context.missingSince !== null &&
  missing.askedAt >= context.doubtfulSince &&
  missing.at - context.missingSince >= context.timing.absentAfterMs;

export const wasExecuted = (context: OrderContext, missing: OrderMissing): boolean =>
  missing.executed || decimal(context.order.filled).gt(0);

export const says = (context: OrderContext, told: OrderTold) =>
  verdictOf(context.order.state, told.status, told.via);

/** Whether the executions add up to the whole order. */
export const sumsUp = (order: Pick<Order, 'quantity'>, filled: string): boolean =>
  decimal(filled).gte(order.quantity);

/** The same while a change may have made the order larger. */
export const sumsUpWith = ({ order, amendment }: OrderContext, filled: string): boolean =>
  sumsUp(order, filled) && (amendment === null || sumsUp(amendment, filled));

/** Whether how much there is to come is known again: asked, the broker has shown it, or it shows what was wanted. */
const isAmendmentOver = (context: OrderContext, told: OrderTold): boolean =>
  told.sizing !== null &&
  (told.via === 'open' || (told.via === 'completed' && told.status === 'Filled') || agrees(context, told));

/** Whether what has filled is all that the broker now shows the order for. */
export const isFilledAt = ({ order }: OrderContext, { sizing }: OrderTold): boolean =>
  sizing !== null && decimal(order.filled).gt(0) && decimal(order.filled).gte(sizing.quantity);

/** The stop of a trailing order moves by itself: it is no term that could be compared. */
const termsOf = (orderType: Order['orderType']): readonly PriceField[] =>
  orderType.startsWith('TRAIL')
    ? fieldsOf(orderType).filter((field) => field !== 'stopPrice')
    : fieldsOf(orderType);

const equals = (a: string | null, b: string | null): boolean =>
  a === b || (a !== null && b !== null && decimal(a).eq(b));

/** Whether an order is for the same in both. */
export const isSameSizing = (orderType: Order['orderType'], a: OrderSizing, b: OrderSizing): boolean =>
  equals(a.quantity, b.quantity) && termsOf(orderType).every((field) => equals(a[field], b[field]));

/** Whether the broker shows the order as the change under way wants it. */
export const agrees = ({ order, amendment }: OrderContext, told: OrderTold): boolean =>
  amendment !== null && told.sizing !== null && isSameSizing(order.orderType, told.sizing, amendment);

/**
 * What the broker says the order is for: also a person at TWS may have changed it. A completed order says what it
 * filled in place of its size: its size only when it is filled, and asked for only when a change left it in doubt.
 */
function learnedSizing(order: Order, told: OrderTold, isResized: boolean): Partial<OrderSizing> {
  const { sizing, via, status } = told;
  if (sizing === null || !decimal(sizing.quantity).gt(0)) return {};
  if (via === 'completed') return isResized && status === 'Filled' ? { quantity: sizing.quantity } : {};
  const said = termsOf(order.orderType).filter((field) => sizing[field] !== null);
  return {
    quantity: sizing.quantity,
    ...Object.fromEntries(said.map((field) => [field, sizing[field]])),
  };
}

/** Only what a change can change. */
export const sizingOf = (from: OrderSizing): OrderSizing => ({
  quantity: from.quantity,
  limitPrice: from.limitPrice,
  stopPrice: from.stopPrice,
  trailAmount: from.trailAmount,
  trailPercent: from.trailPercent,
  limitOffset: from.limitOffset,
});

/**
 * What an error means here. A refusal of an order that has filled or is being cancelled contradicts
 * what is known, so that it is asked about like an unknown code.
 */
export function errorVerdict(
  context: OrderContext,
  code: number,
): 'rejected' | 'cancelled' | 'cancelRefused' | 'notice' | 'unknown' {
  const consequence = orderConsequenceOf(code);
  if (consequence !== 'rejected') return consequence;
  const { order } = context;
  // An order that a change left working is told of the change with the codes of its own refusal.
  if (context.mayBeAmended) return 'unknown';
  return order.state === 'cancelling' || decimal(order.filled).gt(0) ? 'unknown' : 'rejected';
}
