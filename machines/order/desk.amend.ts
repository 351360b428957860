/** The desk's side of changes of orders that work: committed, paced like orders, sent once, and answered. */
import { decimal } from '../domain/decimal.ts';
import { isFinal, type Order, type OrderAmendment, type OrderRef } from '../domain/order.ts';
import type { AmendmentReport } from './amendment.machine.ts';
import type { AmendCommand, AmendEnd, AmendResult, DeskContext } from './desk.events.ts';
import { type Leaving, leavingOf } from './desk.exposure.ts';
import { begin, change, emitEvent, type Step, tell, without } from './desk.step.ts';

type Refusal = Extract<AmendResult, { outcome: 'notSent' }>;

const refusal = (reason: Refusal['reason'], message: string): Refusal => ({
  outcome: 'notSent',
  reason,
  message,
});

/** Ends the change of an order, and answers whoever asked for it. */
export function endAmend(step: Step, ref: OrderRef, result: AmendResult): void {
  const amending = step.context.amends[ref];
  if (amending === undefined) return;
  change(step, { amends: without(step.context.amends, ref) });
  step.effects.push({ kind: 'stopAmendment', ref });
  emitEvent(step, { type: 'desk.answer', requestId: amending.requestId, result });
}

/** Asked before new terms are committed, and again in the instant in which they would leave. Null: they may. */
export type MayChange = (order: Order, amendment: OrderAmendment, leaving: Leaving) => string | null;

/** Why limits do not let new terms through; null when they do, or the order is not known with its account. */
const limited = (
  context: DeskContext,
  order: Order,
  amendment: OrderAmendment,
  mayChange: MayChange | undefined,
): string | null => {
  const account = order.account ?? context.account ?? context.accounts[0];
  if (account === undefined) return null;
  return mayChange?.(order, amendment, leavingOf(context, account, order.ref)) ?? null;
};

/** Takes a change, or says at once why not. Nothing is committed before this. */
export function amend(
  context: DeskContext,
  { requestId, amendment }: AmendCommand,
  mayChange?: MayChange,
): Step {
  const step = begin(context);
  const { ref, quantity } = amendment;
  const order = context.orders[ref];
  const refused = (reason: Refusal['reason'], message: string): Step => {
    emitEvent(step, { type: 'desk.answer', requestId, result: refusal(reason, message) });
    return step;
  };
  if (order === undefined) {
    return refused('notInFlight', `order "${ref}" is ${context.settled[ref] ?? 'not in flight'}`);
  }
  if (order.state !== 'working' || context.cancels[ref] !== undefined) {
    const state = order.state === 'working' ? 'about to be cancelled' : order.state;
    return refused('notWorking', `order "${ref}": found it ${state}, expected working`);
  }
  if (context.amends[ref] !== undefined) {
    return refused('notWorking', `order "${ref}": found a change on its way, expected none`);
  }
  if (decimal(quantity).lte(order.filled)) {
    const message = `order "${ref}": found a quantity of ${quantity}, expected more than the ${order.filled} that have filled`;
    return refused('notWorking', message);
  }
  const limit = limited(context, order, amendment, mayChange);
  if (limit !== null) return refused('riskLimit', limit);
  const { connection } = context;
  change(step, {
    amends: { ...context.amends, [ref]: { requestId, amendment, stage: 'held', connection } },
  });
  step.effects.push({ kind: 'raise', event: { type: 'desk.release' } });
  return step;
}

/** Starts the commits of changes that wait, at most as many as may leave; says how many it started. */
export function releaseAmends(step: Step, room: number): number {
  const held = Object.entries(step.context.amends).filter(([, { stage }]) => stage === 'held');
  const leaving = held.slice(0, room);
  for (const [ref, amending] of leaving) {
    change(step, { amends: { ...step.context.amends, [ref]: { ...amending, stage: 'committing' } } });
    step.effects.push({
      kind: 'startAmendment',
      input: { amendment: amending.amendment, deadlineMs: step.context.timing.commitMs },
    });
  }
  return leaving.length;
}

export const amendsIn = (context: DeskContext, stage: 'held' | 'committing'): number =>
  Object.values(context.amends).filter((amending) => amending.stage === stage).length;

/** What came of a commit. Only with the connection under which it was taken does the change go out. */
export function settleAmendment(
  context: DeskContext,
  report: AmendmentReport,
  isOpen: boolean,
  mayChange?: MayChange,
): Step {
  const step = begin(context);
  const { ref, verdict, message } = report;
  const amending = context.amends[ref];
  if (amending?.stage !== 'committing') return step;
  const order = context.orders[ref];
  if (verdict === 'storeDown') endAmend(step, ref, refusal('storeDown', message));
  else if (verdict === 'notWorking' || order?.state !== 'working') {
    endAmend(step, ref, refusal('notWorking', `order "${ref}" does not work any more`));
  } else if (!isOpen || amending.connection !== context.connection) {
    endAmend(step, ref, refusal('notReady', 'the connection was lost before the change was sent'));
  } else {
    const limit = limited(context, order, amending.amendment, mayChange);
    if (limit !== null) {
      endAmend(step, ref, refusal('riskLimit', limit));
      return step;
    }
    change(step, { amends: { ...context.amends, [ref]: { ...amending, stage: 'sent' } } });
    step.effects.push({ kind: 'stopAmendment', ref });
    tell(step, ref, {
      type: 'order.amend',
      amendment: amending.amendment,
      parentOrderId: parentOf(step, order),
    });
  }
  return step;
}

/** A child keeps its tie to an entry that still works. */
const parentOf = (step: Step, { parentRef }: Order): number | null =>
  parentRef === null ? null : (step.context.orders[parentRef]?.orderId ?? null);

/** The order says what came of the change. */
export function amended(context: DeskContext, report: AmendEnd): Step {
  const step = begin(context);
  const { ref, outcome, code, message } = report;
  const order = context.orders[ref];
  switch (outcome) {
    case 'accepted':
      endAmend(step, ref, { outcome, permId: order?.permIds.at(-1) ?? null });
      break;
    case 'rejected':
      endAmend(step, ref, { outcome, code, message });
      break;
    case 'unknown':
      endAmend(step, ref, { outcome, message });
      break;
    case 'notSent':
      endAmend(step, ref, refusal('notReady', message));
      break;
  }
  return step;
}

/** An order with a change on its way has moved on: an order that is over has no terms to change. */
export function endAmendOf(step: Step, order: Order): void {
  const { ref, state } = order;
  if (state === 'working') return;
  const message = isFinal(state)
    ? `it was ${state} before the change`
    : 'the broker has not confirmed the change';
  const isSent = step.context.amends[ref]?.stage === 'sent';
  if (!isSent) endAmend(step, ref, refusal('notWorking', message));
  else if (isFinal(state)) endAmend(step, ref, { outcome: 'rejected', code: null, message });
  else endAmend(step, ref, { outcome: 'unknown', message });
}

/** Changes that had not left: those who wanted them are told, and their orders are as they were. */
export function turnAmendsAway(step: Step, message: string): void {
  for (const [ref, { stage }] of Object.entries(step.context.amends)) {
    if (stage !== 'sent') endAmend(step, ref, refusal('notReady', message));
  }
}
