/** The desk's side of commands: who may go, with which id, and what each is answered. */
import type { Order, OrderIntent, OrderRef, OrderState } from '../domain/order.ts';
import { amendsIn, releaseAmends, turnAmendsAway } from './desk.amend.ts';
import type {
  CancelCommand,
  CancelResult,
  DeskContext,
  InFlight,
  NotSent,
  ProgressReport,
  ReadyNews,
  SubmitCommand,
  SubmitResult,
} from './desk.events.ts';
import { intentsOf, type Leaving, leavingOf } from './desk.exposure.ts';
import { adopt, hearTruth } from './desk.logic.ts';
import { begin, change, emitEvent, record, type Step, tell, without } from './desk.step.ts';
import { orderOfIntent } from './order.logic.ts';
import type { SubmissionReport } from './submission.machine.ts';

/** Ids are reserved in the store this many at a time, so that no order waits for the store to save its id. */
const idBlock = 100;
/** More than this waiting for the first order's acknowledgement are turned away. */
const mostHeld = 500;
const mostSettled = 1_000;

export const answer = (step: Step, requestId: string, result: SubmitResult | CancelResult): void =>
  emitEvent(step, { type: 'desk.answer', requestId, result });

export const notSent = (reason: NotSent['reason'], message: string, committed = false): NotSent => ({
  outcome: 'notSent',
  reason,
  message,
  committed,
});

/** Everything that is, or may come to be, exposure: in flight, being committed, or held. */
export const inFlight = (context: DeskContext): InFlight[] =>
  [
    ...Object.values(context.orders),
    ...Object.values(context.committing).flatMap(intentsOf),
    ...context.held.flatMap(intentsOf),
  ].map(({ ref, sessionId, instrumentId }) => ({ ref, sessionId, instrumentId }));

export const announce = (context: DeskContext, state: 'waiting' | 'recovering' | 'open'): Step => {
  const step = begin(context);
  emitEvent(step, { type: 'desk.changed', state, inFlight: inFlight(context) });
  return step;
};

/**
 * A new connection, or the same one loaded anew: what it told is kept for recovery, the first order will travel alone
 * again, and what was not yet on its way is turned away.
 */
export function noteReady(context: DeskContext, { facts }: ReadyNews): Step {
  const step = begin({
    ...context,
    connection: context.connection + 1,
    accounts: facts.accounts,
    nextValidId: facts.nextValidId,
    firstTruth: facts.truth,
    pilot: { ref: null, landed: false },
  });
  turnHeldAway(step, 'the broker is asked anew where all orders stand');
  turnAmendsAway(step, 'the broker is asked anew where all orders stand');
  return step;
}

function turnHeldAway(step: Step, message: string): void {
  for (const { requestId } of step.context.held) answer(step, requestId, notSent('notReady', message));
  change(step, { held: [] });
}

/** Cancels that had not left: those who wanted them are told, and their orders are as they were. */
function turnCancelsAway(step: Step, message: string): void {
  for (const ref of step.context.cancelsHeld) {
    for (const requestId of step.context.cancels[ref] ?? [])
      answer(step, requestId, { outcome: 'notSent', reason: 'notReady', message });
    change(step, { cancels: without(step.context.cancels, ref) });
  }
  change(step, { cancelsHeld: [] });
}

/** What the store knows at the start of a recovery. */
export interface StoredOrders {
  readonly unsettled: readonly Order[];
  readonly highWater: number | null;
}

/** Adopts the stored orders that are not settled, hears the connection's first answer, and reserves order ids. */
export function recover(context: DeskContext, stored: StoredOrders): Step {
  const step = begin({
    ...context,
    nextOrderId: Math.max(context.nextValidId, (stored.highWater ?? 0) + 1, context.nextOrderId),
  });
  // What this desk knows already it knows better: its last words may still be on their way to the store.
  const isNew = ({ ref }: Order) =>
    [context.orders, context.settled, context.committing].every((known) => known[ref] === undefined);
  adopt(step, stored.unsettled.filter(isNew));
  if (context.firstTruth !== null) {
    const heard = hearTruth(step.context, context.firstTruth, context.firstTruth.at);
    step.effects.push(...heard.effects);
    step.context = heard.context;
  }
  change(step, { firstTruth: null, reserving: false });
  topUp(step);
  return step;
}

function topUp(step: Step): void {
  const { nextOrderId, reservedUntil, reserving } = step.context;
  if (reserving || reservedUntil - nextOrderId >= idBlock / 2) return;
  change(step, { reserving: true });
  record(step, { kind: 'highWater', orderId: nextOrderId + idBlock - 1 });
}

/** Takes a submission, or says at once why not. Nothing is committed before this. */
export function submit(context: DeskContext, command: SubmitCommand, mayLeave?: MayLeave): Step {
  const step = begin(context);
  const { requestId, intent } = command;
  const refs = intentsOf(command).map(({ ref }) => ref);
  const onTheirWay = [...context.held, ...Object.values(context.committing)].flatMap(intentsOf);
  const isKnown =
    refs.some((ref) => context.orders[ref] !== undefined || context.settled[ref] !== undefined) ||
    onTheirWay.some(({ ref }) => refs.includes(ref)) ||
    new Set(refs).size < refs.length;
  const account = accountOf(context);
  if (isKnown) {
    answer(step, requestId, notSent('duplicate', `order "${intent.ref}" was submitted before`, true));
  } else if (account === null) {
    const found = context.accounts.join(', ');
    answer(
      step,
      requestId,
      notSent('notReady', `found accounts "${found}", expected "${context.account ?? 'any'}"`),
    );
  } else if (context.held.length >= mostHeld) {
    answer(
      step,
      requestId,
      notSent('notReady', `${mostHeld} orders wait for the first one's acknowledgement`),
    );
  } else {
    const refusal = mayLeave?.(intent, leavingOf(context, account, intent.ref)) ?? null;
    if (refusal !== null) answer(step, requestId, notSent(refusal.reason, refusal.message));
    else {
      change(step, { held: [...context.held, command] });
      wantRelease(step);
    }
  }
  return step;
}

const accountOf = ({ account, accounts }: DeskContext): string | null =>
  account === null ? (accounts[0] ?? null) : accounts.includes(account) ? account : null;

/** What waits is looked at again, with the pace of that moment. */
const wantRelease = (step: Step): void => {
  step.effects.push({ kind: 'raise', event: { type: 'desk.release' } });
};

/**
 * Lets cancels go, then the next submissions: the first one alone, and each with an order id that is reserved in the
 * store. `headroom` messages may leave; what is being committed has its own place in it already.
 */
export function releaseHeld(context: DeskContext, headroom: number): Step {
  const step = begin(context);
  const beingCommitted = Object.values(context.committing).flatMap(intentsOf).length;
  let room = Math.max(0, headroom - beingCommitted - amendsIn(context, 'committing'));
  const leaving = context.cancelsHeld.slice(0, room);
  for (const ref of leaving) tell(step, ref, { type: 'order.cancel' });
  change(step, { cancelsHeld: context.cancelsHeld.slice(room) });
  room -= leaving.length;
  room -= releaseAmends(step, room);
  for (let taken = 1; taken > 0 && room > 0; room -= taken) taken = releaseNext(step, room);
  topUp(step);
  const { cancelsHeld, held } = step.context;
  const isOtherHeld = cancelsHeld.length + amendsIn(step.context, 'held') > 0;
  const isHeldBack = room < Math.max(isOtherHeld ? 1 : 0, sizeOf(held[0]));
  // One pause at a time, however often it is asked meanwhile.
  if (isHeldBack && !context.isPacing) {
    change(step, { isPacing: true });
    step.effects.push({
      kind: 'raiseLater',
      event: { type: 'desk.paced' },
      delayMs: context.timing.paceMs,
    });
  }
  return step;
}

/** How many messages a submission is; 0 when there is none. */
const sizeOf = (command: SubmitCommand | undefined): number =>
  command === undefined ? 0 : intentsOf(command).length;

/** Starts the commit of the next submission; answers how many messages it will be, 0 when none may go now. */
function releaseNext(step: Step, room: number): number {
  const { held, pilot, nextOrderId, reservedUntil, committing, connection, timing } = step.context;
  const [command, ...rest] = held;
  const account = accountOf(step.context);
  const size = sizeOf(command);
  if (command === undefined || account === null || size > room) return 0;
  if (!pilot.landed && pilot.ref !== null) return 0;
  if (nextOrderId + size - 1 > reservedUntil) return 0;
  const { intent, children = [], lease, decision, requestId } = command;
  change(step, {
    held: rest,
    nextOrderId: nextOrderId + size,
    pilot: pilot.landed ? pilot : { ref: intent.ref, landed: false },
    committing: {
      ...committing,
      [intent.ref]: { requestId, intent, children, orderId: nextOrderId, account, connection },
    },
  });
  step.effects.push({
    kind: 'startCommit',
    input: { intent, children, lease, decision, deadlineMs: timing.commitMs },
  });
  return size;
}

/** The desk has opened, or more order ids may have been reserved. */
export function releaseMore(context: DeskContext): Step {
  const step = begin(context);
  const waiting = context.held.length + context.cancelsHeld.length + amendsIn(context, 'held');
  if (!context.isPacing && waiting > 0) wantRelease(step);
  return step;
}

/** The pause of the pace is over. */
export const forgetPacing = (context: DeskContext): Step => begin({ ...context, isPacing: false });

/** The first order is on its way or has come to nothing: the others follow, or the next one goes first. */
export function landPilot(step: Step, ref: OrderRef, landed: boolean): void {
  if (step.context.pilot.ref !== ref || step.context.pilot.landed) return;
  change(step, { pilot: { ref: null, landed } });
  wantRelease(step);
}

/**
 * Asked before an intent is committed, and again in the instant in which its order would leave: it may have waited. Null:
 * it may.
 */
export type MayLeave = (
  intent: OrderIntent,
  leaving: Leaving,
) => { readonly reason: NotSent['reason']; readonly message: string } | null;

/** What came of a commit. Only with the connection under which it was submitted does the order go out. */
export function settleSubmission(
  context: DeskContext,
  report: SubmissionReport,
  where: { readonly isOpen: boolean; readonly now: number; readonly mayLeave?: MayLeave | undefined },
): Step {
  const step = begin(context);
  const { ref, verdict, message } = report;
  const submission = context.committing[ref];
  if (submission === undefined) return step;
  const { requestId, intent, children, orderId, account, connection } = submission;
  const abandonAll = (why: string) => {
    for (const each of intentsOf(submission)) abandon(step, each.ref, why);
  };
  change(step, { committing: without(context.committing, ref) });
  step.effects.push({ kind: 'stopCommit', ref });
  const refusal =
    verdict === 'committed' ? (where.mayLeave?.(intent, leavingOf(context, account, ref)) ?? null) : null;
  if (refusal !== null) {
    abandonAll(refusal.message);
    answer(step, requestId, notSent(refusal.reason, refusal.message, true));
    landPilot(step, ref, false);
    return step;
  }
  if (verdict === 'committed' && where.isOpen && connection === context.connection) {
    change(step, { answers: { ...context.answers, [ref]: requestId } });
    for (const [at, each] of intentsOf(submission).entries()) {
      const order = orderOfIntent(each, orderId + at, account, where.now);
      change(step, { orders: { ...step.context.orders, [each.ref]: order } });
      const place = { parentOrderId: at === 0 ? null : orderId, transmit: at === children.length };
      step.effects.push({
        kind: 'startOrder',
        input: { order, intent: each, place, timing: context.timing },
      });
    }
    return step;
  }
  switch (verdict) {
    case 'committed':
      abandonAll('the connection was lost before it was sent');
      answer(step, requestId, notSent('notReady', 'the connection was lost before it was sent', true));
      break;
    case 'storeDown':
      abandonAll('the database failed before it was sent');
      answer(step, requestId, notSent('storeDown', message));
      break;
    case 'leaseLost':
      answer(step, requestId, notSent('leaseLost', 'this process does not hold the lease of the session'));
      break;
    case 'duplicate':
      answer(step, requestId, notSent('duplicate', 'its ref, or the decision of its bar, is stored already'));
      break;
  }
  landPilot(step, ref, false);
  return step;
}

/** Certainly never sent: remembered here at once, so that a recovery under way does not take it for one in flight. */
function abandon(step: Step, ref: OrderRef, message: string): void {
  remember(step, ref, 'absent');
  record(step, { kind: 'abandon', ref, message });
}

export function remember(step: Step, ref: OrderRef, state: OrderState): void {
  const entries = Object.entries(step.context.settled).slice(-mostSettled + 1);
  change(step, { settled: { ...Object.fromEntries(entries), [ref]: state } });
}

/** Everything that is not yet on its way is turned away, and every order hears of it. */
export function loseConnection(context: DeskContext, cause: string): Step {
  const step = begin({ ...context, asking: [], firstTruth: null, askAgain: false });
  turnHeldAway(step, `the connection was lost: ${cause}`);
  turnCancelsAway(step, `the connection was lost: ${cause}`);
  turnAmendsAway(step, `the connection was lost: ${cause}`);
  for (const ref of Object.keys(context.orders)) tell(step, ref, { type: 'order.linkLost', cause });
  for (const requestId of context.asking) {
    answer(step, requestId, { outcome: 'unknown', message: `the connection was lost: ${cause}` });
  }
  return step;
}

/** Sends a cancel to its order, or says at once why not. Orders of others are never touched. */
export function cancel(context: DeskContext, { ref, requestId }: CancelCommand, now: number): Step {
  const step = begin(context);
  if (context.orders[ref] === undefined) {
    answer(step, requestId, {
      outcome: 'notSent',
      reason: 'notInFlight',
      message: `order "${ref}" is ${context.settled[ref] ?? 'not in flight'}`,
    });
    return step;
  }
  const waiting = context.cancels[ref] ?? [];
  change(step, { cancels: { ...context.cancels, [ref]: [...waiting, requestId] } });
  // A second cancel would only be refused: it waits for the first one's outcome.
  if (waiting.length === 0) {
    change(step, { cancelsHeld: [...step.context.cancelsHeld, ref] });
    record(step, { kind: 'cancelIntent', ref, at: now });
    wantRelease(step);
  }
  return step;
}

/** Turns a command away while the desk is not open; nothing has been committed. */
export function turnAway(context: DeskContext, requestId: string, reason = 'notReady' as const): Step {
  const step = begin(context);
  answer(step, requestId, notSent(reason, 'the order desk is not open: no ready connection, or recovering'));
  return step;
}

/** A person or an actor wants the broker asked now. */
export function reconcile(context: DeskContext, requestId: string): Step {
  const step = begin({ ...context, asking: [...context.asking, requestId] });
  step.effects.push({ kind: 'raise', event: { type: 'desk.ask' } });
  return step;
}

/** Answers those who waited for a question that was asked after they came; they wait on until all of it is stored. */
export function answerAsked(context: DeskContext, failure: string | null): Step {
  const step = begin(context);
  if (failure !== null) {
    for (const requestId of context.asking) answer(step, requestId, { outcome: 'unknown', message: failure });
    change(step, { asking: [] });
  } else if (!context.askAgain) {
    change(step, { asking: [], storing: [...context.storing, ...context.asking] });
    answerStored(step);
  }
  return step;
}

/** The recorder counts what is left; a count from before the last command is out of date. */
export function hearProgress(context: DeskContext, report: ProgressReport): Step {
  const step = begin(context);
  if (report.command !== context.recorderCommand) return step;
  change(step, { pendingOurs: report.pendingOurs });
  answerStored(step);
  return step;
}

/** Answers those who waited for everything of ours to be stored, once it is. */
function answerStored(step: Step): void {
  if (step.context.pendingOurs > 0) return;
  for (const requestId of step.context.storing)
    answer(step, requestId, { outcome: 'accepted', permId: null });
  change(step, { storing: [] });
}
