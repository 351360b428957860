import { orderConsequenceOf } from '../domain/broker-codes.ts';
import { decimal } from '../domain/decimal.ts';
import type { Order, OrderIntent, OrderState } from '../domain/order.ts';
import type {
  OrderContext,
  OrderErrored,
  OrderFilledTo,
  OrderInput,
  OrderMissing,
  OrderTold,
} from './order.events.ts';
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
});

export const withState = (context: OrderContext, state: OrderState): Pick<OrderContext, 'order'> => ({
  order: { ...context.order, state },
});

/** Takes over what the broker says besides the status. */
export function learn(context: OrderContext, told: OrderTold): Partial<OrderContext> {
  const { order } = context;
  return {
    missingSince: null,
    order: {
      ...order,
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
  return order.state === 'cancelling' || decimal(order.filled).gt(0) ? 'unknown' : 'rejected';
}
