import { type OrderState, orderStates } from '../domain/order.ts';

/** Where a status was read: pushed by the broker, or found when asked for open or for completed orders. */
export type OrderStatusSource = 'push' | 'open' | 'completed';

/** Our states of an order that is not final. */
export type LiveState = Exclude<OrderState, 'filled' | 'cancelled' | 'rejected' | 'absent'>;

/** What follows from a status: a state of ours, nothing (`same`), a question (`ask`), or an `alarm`. */
export type StatusVerdict = OrderState | 'same' | 'ask' | 'alarm';

type Row = Readonly<Record<LiveState, StatusVerdict>>;
const always = (verdict: StatusVerdict): Row => ({
  intended: verdict,
  sent: verdict,
  unknown: verdict,
  working: verdict,
  cancelling: verdict,
});

/** A word of the broker that it has the order; a cancel on its way stays on its way. */
const live: Row = { ...always('working'), working: 'same', cancelling: 'same' };
/** TWS knows the order, IBKR has not taken it yet: no acknowledgement when pushed, found when asked for. */
const pending: Row = { ...live, sent: 'same', unknown: 'same', intended: 'same' };

/**
 * IBKR's status x own state -> own state. A status that is not here alarms and changes nothing.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#order-status (read 2026-11)
 */
const pushed: Readonly<Record<string, Row>> = {
  ApiPending: pending,
  PendingSubmit: pending,
  PreSubmitted: live,
  Submitted: live,
  // Still exposure: it may fill until the broker says Cancelled.
  PendingCancel: { ...always('cancelling'), cancelling: 'same' },
  ApiCancelled: always('cancelled'),
  Cancelled: always('cancelled'),
  Filled: always('filled'),
  // Refused, cancelled, or merely held back (shares being located): only the lists of orders tell which.
  Inactive: always('ask'),
};
const foundOpen: Readonly<Record<string, Row>> = {
  ...pushed,
  ApiPending: live,
  PendingSubmit: live,
  Inactive: live,
};
const foundCompleted: Readonly<Record<string, Row>> = {
  ...pushed,
  Inactive: always('rejected'),
};
const tables = { push: pushed, open: foundOpen, completed: foundCompleted } as const;

const isLive = (state: OrderState): state is LiveState => state in live;

/** What IBKR's word on an order means for an order in a state of ours; final states never change by a status. */
export function verdictOf(own: OrderState, status: string, via: OrderStatusSource): StatusVerdict {
  if (!isLive(own)) return 'same';
  return tables[via][status]?.[own] ?? 'alarm';
}

/** The state under which an order of somebody else is shown. */
export function foreignState(status: string, via: OrderStatusSource): OrderState {
  const verdict = verdictOf('unknown', status, via);
  return (orderStates as readonly string[]).includes(verdict) ? (verdict as OrderState) : 'unknown';
}

/** Every status that the table knows. */
export const knownStatuses = Object.keys(pushed);
