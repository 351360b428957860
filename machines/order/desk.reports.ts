/** What orders report to the desk: stored, told to the world, and answered to whoever waits for it. */
import { isFinal, type Order, type OrderRef } from '../domain/order.ts';
import { fieldsOf } from '../domain/order-terms.ts';
import { endAmendOf } from './desk.amend.ts';
import { answer, landPilot, notSent, remember } from './desk.commands.ts';
import type { CancelRefusal, CancelResult, DeskContext, OrderMove, SubmitResult } from './desk.events.ts';
import { alarm, begin, change, emitEvent, record, type Step, without } from './desk.step.ts';
import { alone, isSameSizing, sizingOf } from './order.logic.ts';

const mostCrashes = 3;

/** Outcome of a submission, by where its order stands; null while the broker has said nothing. */
function submitResult(order: Order, code: number | null): SubmitResult | null {
  const words = order.message ?? '';
  const permId = order.permIds.at(-1) ?? null;
  switch (order.state) {
    case 'intended':
    case 'sent':
      return null;
    case 'unknown':
      return { outcome: 'unknown', message: words === '' ? 'the broker has not acknowledged it' : words };
    case 'absent':
      return notSent('notReady', words, true);
    case 'rejected':
      return { outcome: 'rejected', code, message: words };
    case 'cancelled':
      return order.filled === '0'
        ? { outcome: 'rejected', code, message: words === '' ? 'cancelled by the broker' : words }
        : { outcome: 'accepted', permId };
    case 'working':
    case 'cancelling':
    case 'filled':
      return { outcome: 'accepted', permId };
  }
}

function cancelResult(order: Order, code: number | null): CancelResult | null {
  switch (order.state) {
    case 'cancelled':
      return { outcome: 'accepted', permId: order.permIds.at(-1) ?? null };
    case 'filled':
      return { outcome: 'rejected', code, message: 'it was filled before the cancel' };
    case 'rejected':
      return { outcome: 'rejected', code, message: order.message ?? 'it was rejected' };
    case 'unknown':
      return { outcome: 'unknown', message: 'the broker has not confirmed the cancel' };
    case 'absent':
      return {
        outcome: 'notSent',
        reason: 'notInFlight',
        message: order.message ?? 'the broker does not know it',
      };
    default:
      return null;
  }
}

/** Size and prices in words. */
const saySizing = (order: Order): string =>
  [order.quantity, ...fieldsOf(order.orderType).map((field) => `${field} ${order[field] ?? 'none'}`)].join(
    ', ',
  );

const stampless = (order: Order): string => JSON.stringify({ ...order, updatedAt: 0 });

/** An order reports where it stands: stored, told to the world, answered; an unchanged one costs nothing. */
export function moveOrder(context: DeskContext, report: OrderMove, now: number): Step {
  const step = begin(context);
  const known = context.orders[report.order.ref];
  if (known === undefined) return step;
  const order: Order = { ...report.order, updatedAt: now };
  const { ref, state, permIds } = order;
  if (stampless(known) !== stampless(order)) {
    change(step, { orders: { ...context.orders, [ref]: order } });
    const { orderId, clientId, account, message } = order;
    const permId = permIds.at(-1);
    const isResized = !isSameSizing(order.orderType, known, order);
    record(step, {
      kind: 'patch',
      ref,
      patch: {
        state,
        message,
        ...(permId === undefined ? {} : { permId }),
        ...(orderId === null ? {} : { orderId }),
        ...(clientId === null ? {} : { clientId }),
        ...(account === null ? {} : { account }),
        ...(isResized ? { sizing: sizingOf(order) } : {}),
      },
    });
    if (isResized && context.amends[ref] === undefined) {
      alarm(step, `order "${ref}" was changed at the broker: ${saySizing(known)} became ${saySizing(order)}`);
    }
    if (permIds.length > 1 && permIds.length > known.permIds.length) {
      alarm(step, `order "${ref}" has several lives at the broker: permIds ${permIds.join(', ')}`);
    }
    emitEvent(step, { type: 'order.changed', order });
  }
  answerSubmit(step, order, report.code);
  answerCancels(step, order, report.code);
  endAmendOf(step, order);
  if (isFinal(state)) settleOrder(step, order);
  if (state !== 'sent') landPilot(step, ref, state !== 'absent');
  return step;
}

function answerSubmit(step: Step, order: Order, code: number | null): void {
  const requestId = step.context.answers[order.ref];
  const result = requestId === undefined ? null : submitResult(order, code);
  if (requestId === undefined || result === null) return;
  answer(step, requestId, result);
  change(step, { answers: without(step.context.answers, order.ref) });
}

function answerCancels(step: Step, order: Order, code: number | null, instead?: CancelResult): void {
  const requestIds = step.context.cancels[order.ref];
  const result = requestIds === undefined ? null : (instead ?? cancelResult(order, code));
  if (requestIds === undefined || result === null) return;
  for (const requestId of requestIds) answer(step, requestId, result);
  change(step, { cancels: without(step.context.cancels, order.ref) });
}

function settleOrder(step: Step, { ref, state }: Order): void {
  change(step, {
    orders: without(step.context.orders, ref),
    crashes: without(step.context.crashes, ref),
  });
  remember(step, ref, state);
  step.effects.push({ kind: 'stopOrder', ref });
}

/** A cancel had no effect, or was not sent: those who asked for it are told. */
export function cancelRefused(context: DeskContext, report: CancelRefusal): Step {
  const step = begin(context);
  const order = context.orders[report.ref];
  if (order === undefined) return step;
  const { message } = report;
  answerCancels(
    step,
    order,
    null,
    report.type === 'order.cancelNotSent'
      ? { outcome: 'notSent', reason: 'notReady', message }
      : report.code === null
        ? { outcome: 'unknown', message }
        : { outcome: 'rejected', code: report.code, message },
  );
  return step;
}

/** The actor of an order has failed: another one takes over, which asks and never sends. */
export function reviveOrder(context: DeskContext, ref: OrderRef, reason: string): Step {
  const step = begin(context);
  const order = context.orders[ref];
  if (order === undefined) return step;
  const crashes = (context.crashes[ref] ?? 0) + 1;
  change(step, { crashes: { ...context.crashes, [ref]: crashes } });
  alarm(step, `the actor of order "${ref}" failed (${crashes}): ${reason}`);
  step.effects.push({ kind: 'stopOrder', ref });
  endAmendOf(step, { ...order, state: 'unknown' });
  if (crashes > mostCrashes)
    throw new Error(`the actor of order "${ref}" failed ${crashes} times: ${reason}`);
  step.effects.push({
    kind: 'startOrder',
    input: { order: { ...order, state: 'unknown' }, intent: null, place: alone, timing: context.timing },
  });
  return step;
}
