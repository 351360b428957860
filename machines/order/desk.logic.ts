/** The desk's side of the broker's words: what is stored of them, and which order hears of them. */
import { orderConsequenceOf } from '../domain/broker-codes.ts';
import { type CommissionReport, correctionWords, type Execution, isCorrection } from '../domain/execution.ts';
import { isFinal, type Order, type OrderRef, sourceOfRef } from '../domain/order.ts';
import type { DeskContext, DeskInput } from './desk.events.ts';
import { deskTiming } from './desk.events.ts';
import { alarm, begin, change, emitEvent, record, type Step, tell, without } from './desk.step.ts';
import type { OrderTold } from './order.events.ts';
import { alone, sizingOf, sumsUp } from './order.logic.ts';
import type { BrokerOrder, BrokerOrderNews, BrokerTruth } from './order.ports.ts';
import { foreignState, type OrderStatusSource, verdictOf } from './order.status.ts';
import { isOurs, type Writing, type Written } from './recorder.logic.ts';

export const initialDesk = (input: DeskInput): DeskContext => ({
  account: input.account ?? null,
  clientId: input.clientId ?? null,
  timing: { ...deskTiming, ...input.timing },
  connection: 0,
  accounts: [],
  nextValidId: 0,
  firstTruth: null,
  nextOrderId: 1,
  reservedUntil: 0,
  reserving: false,
  held: [],
  committing: {},
  pilot: { ref: null, landed: false },
  orders: {},
  crashes: {},
  settled: {},
  answers: {},
  cancels: {},
  cancelsHeld: [],
  amends: {},
  isPacing: false,
  executions: {},
  commissions: {},
  others: {},
  recorderCommand: 0,
  pendingOurs: 0,
  askAgain: false,
  askedAt: 0,
  asking: [],
  storing: [],
});

const isOwnRef = (ref: string | null): ref is OrderRef => sourceOfRef(ref).source !== 'ibkr';

/** The order in flight with this permId, or with this order id of our client. */
function findOrder(
  context: DeskContext,
  ids: { permId: number; orderId: number; clientId: number },
): Order | undefined {
  const orders = Object.values(context.orders);
  const byPermId = orders.find(({ permIds }) => permIds.includes(ids.permId));
  if (byPermId !== undefined) return byPermId;
  return orders.find(
    ({ orderId, clientId }) =>
      orderId === ids.orderId && (clientId ?? context.clientId ?? ids.clientId) === ids.clientId,
  );
}

const toldOf = (order: BrokerOrder, via: OrderStatusSource): OrderTold => ({
  type: 'order.told',
  status: order.status,
  via,
  permId: order.permId,
  // Completed orders come without ids.
  orderId: via === 'completed' ? null : order.orderId,
  clientId: via === 'completed' ? null : order.clientId,
  account: order.account === '' ? null : order.account,
  message: order.message,
  sizing: sizingOf(order),
});

/** An order that is not in flight here: somebody else's, or one of ours that should be over. */
function meetOther(step: Step, order: BrokerOrder, via: OrderStatusSource): void {
  const { context } = step;
  const key = order.permId === 0 ? `${order.clientId}:${order.orderId}` : String(order.permId);
  const { status, filled, quantity, limitPrice, stopPrice, message } = order;
  const seen = [status, filled, quantity, limitPrice, stopPrice, message].join('|');
  if (context.others[key] === seen) return;
  const state = foreignState(order.status, via);
  if (isOwnRef(order.ref)) {
    if (context.committing[order.ref] !== undefined) return;
    const settled = context.settled[order.ref];
    // A status that the order has ended with anyway is no news.
    if (settled !== undefined && (settled === state || settled !== 'absent')) return;
    record(step, { kind: 'stray', order, state, via });
  } else {
    record(step, { kind: 'foreign', order, state });
  }
  change(step, { others: { ...step.context.others, [key]: seen } });
}

function meetOrder(step: Step, order: BrokerOrder, via: OrderStatusSource): void {
  if (order.ref !== null && step.context.orders[order.ref] !== undefined) {
    tell(step, order.ref, toldOf(order, via));
  } else {
    meetOther(step, order, via);
  }
}

function meetExecution(step: Step, execution: Execution): void {
  const { executions } = step.context;
  if (executions[execution.execId] !== undefined) return;
  change(step, { executions: { ...executions, [execution.execId]: 'queued' } });
  record(step, { kind: 'execution', execution });
}

function meetCommission(step: Step, report: CommissionReport): void {
  const { commissions } = step.context;
  if (commissions[report.execId] !== undefined) return;
  change(step, { commissions: { ...commissions, [report.execId]: 'queued' } });
  record(step, { kind: 'commission', report });
}

/** One piece of live news. Executions and commissions are taken whatever the state of the connection. */
export function hearNews(context: DeskContext, news: BrokerOrderNews): Step {
  const step = begin(context);
  switch (news.type) {
    case 'broker.execution':
      meetExecution(step, news.execution);
      break;
    case 'broker.commission':
      meetCommission(step, news.report);
      break;
    case 'broker.openOrder':
      meetOrder(step, news.order, 'push');
      break;
    case 'broker.orderStatus': {
      const order = findOrder(context, news);
      if (order === undefined) break;
      const { status, permId, orderId, clientId } = news;
      tell(step, order.ref, {
        type: 'order.told',
        status,
        via: 'push',
        permId,
        orderId,
        clientId,
        account: null,
        message: null,
        sizing: null,
      });
      break;
    }
    case 'broker.orderError': {
      const order = Object.values(context.orders).find(({ orderId }) => orderId === news.orderId);
      if (order !== undefined) {
        tell(step, order.ref, { type: 'order.errored', code: news.code, message: news.message });
      } else if (orderConsequenceOf(news.code) === 'unknown') {
        alarm(step, `order id ${news.orderId} is not in flight, code ${news.code}: ${news.message}`);
      }
      break;
    }
  }
  return step;
}

/** Keeps of a memory of ids only what the broker still speaks of, and what is on its way to the store. */
function prune(
  known: DeskContext['executions'],
  items: readonly { readonly execId: string }[],
): DeskContext['executions'] {
  const spokenOf = new Set(items.map(({ execId }) => execId));
  return Object.fromEntries(
    Object.entries(known).filter(([execId, stage]) => stage === 'queued' || spokenOf.has(execId)),
  );
}

/** The whole answer of the broker: everything is stored, and every order in flight is told where it stands. */
export function hearTruth(context: DeskContext, truth: BrokerTruth, askedAt: number): Step {
  const step = begin({
    ...context,
    executions: prune(context.executions, truth.executions),
    commissions: prune(context.commissions, truth.commissions),
  });
  for (const execution of truth.executions) meetExecution(step, execution);
  for (const report of truth.commissions) meetCommission(step, report);

  const shown = new Map<OrderRef, { order: BrokerOrder; via: OrderStatusSource }>();
  const spoken = (order: BrokerOrder, via: OrderStatusSource) => {
    const { ref } = order;
    if (ref === null || step.context.orders[ref] === undefined) return meetOther(step, order, via);
    // Open orders come first: an order with one end open is open, whatever else is known under its ref.
    if (shown.has(ref)) tell(step, ref, { type: 'order.learned', permId: order.permId });
    else shown.set(ref, { order, via });
  };
  for (const order of truth.open) spoken(order, 'open');
  for (const order of truth.completed) spoken(order, 'completed');

  for (const ref of Object.keys(step.context.orders)) {
    const found = shown.get(ref);
    if (found !== undefined) {
      tell(step, ref, toldOf(found.order, found.via));
    } else if (step.context.pendingOurs === 0) {
      // With executions on their way to the store the sum is not yet known; the next answer decides.
      const executed = truth.executions.some((execution) => execution.orderRef === ref);
      tell(step, ref, { type: 'order.missing', askedAt, at: truth.at, executed });
    }
  }
  return step;
}

/** Takes note of what the store has committed, and tells the world. */
export function hearWritten(context: DeskContext, writing: Writing, written: Written): Step {
  const step = begin(context);
  const { isNew, order } = written;
  switch (writing.kind) {
    case 'execution': {
      const { execution } = writing;
      change(step, { executions: { ...context.executions, [execution.execId]: 'recorded' } });
      if (isNew) emitEvent(step, { type: 'execution.recorded', execution });
      if (isNew && isCorrection(execution)) alarm(step, correctionWords(execution));
      if (order !== null) fill(step, order, isNew);
      else if (isOurs(writing) && isNew) {
        alarm(step, `execution "${execution.execId}" has ref "${execution.orderRef}", which is not stored`);
      }
      break;
    }
    case 'commission': {
      const { report } = writing;
      change(step, { commissions: { ...context.commissions, [report.execId]: 'recorded' } });
      if (isNew) emitEvent(step, { type: 'commission.recorded', report });
      break;
    }
    case 'stray':
      meetStray(step, writing, order);
      break;
    case 'highWater':
      change(step, { reservedUntil: Math.max(context.reservedUntil, writing.orderId), reserving: false });
      break;
    case 'abandon':
      if (isNew && order !== null) emitEvent(step, { type: 'order.changed', order });
      break;
    case 'patch':
    case 'foreign':
    case 'cancelIntent':
      break;
  }
  return step;
}

/** The store has recomputed an order's sum. Of an order that was over, the late fill is reported all the same. */
function fill(step: Step, order: Order, isNew: boolean): void {
  const { ref, filled, averagePrice } = order;
  if (step.context.orders[ref] !== undefined) {
    tell(step, ref, { type: 'order.filledTo', filled, averagePrice });
    return;
  }
  if (!isNew) return;
  const settled = step.context.settled[ref] ?? order.state;
  const isComplete = sumsUp(order, filled);
  if (settled === 'absent' || settled === 'rejected') {
    alarm(step, `order "${ref}" was ${settled}, and has filled ${filled}`);
  }
  const state = isComplete && isFinal(settled) ? 'filled' : settled;
  if (state !== settled) {
    record(step, { kind: 'patch', ref, patch: { state } });
    change(step, { settled: { ...step.context.settled, [ref]: state } });
  }
  emitEvent(step, { type: 'order.changed', order: { ...order, state } });
}

/** The broker shows an order of ours that is not in flight here. It goes back in flight if it may still fill. */
function meetStray(step: Step, writing: Extract<Writing, { kind: 'stray' }>, order: Order | null): void {
  const { ref, status } = writing.order;
  if (order === null) {
    alarm(
      step,
      `the broker shows order "${ref}" (${status}), which is not stored; it is kept as a foreign one`,
    );
    return;
  }
  if (step.context.orders[order.ref] !== undefined) return;
  const verdict = verdictOf('unknown', status, writing.via);
  const isOver = isFinal(order.state) && order.state !== 'absent';
  if (isOver && verdict !== 'working' && verdict !== 'cancelling') return;
  if (isFinal(order.state)) {
    alarm(step, `order "${ref}" was ${order.state}, and the broker shows it as ${status}`);
  }
  adopt(step, [{ ...order, state: 'unknown' }]);
  tell(step, order.ref, toldOf(writing.order, writing.via));
}

/** Puts stored orders in flight again, each with an actor that asks and never sends. */
export function adopt(step: Step, orders: readonly Order[]): void {
  for (const order of orders) {
    const { ref } = order;
    change(step, {
      orders: { ...step.context.orders, [ref]: order },
      settled: without(step.context.settled, ref),
    });
    const { timing } = step.context;
    step.effects.push({ kind: 'startOrder', input: { order, intent: null, place: alone, timing } });
    emitEvent(step, { type: 'order.changed', order });
  }
}
