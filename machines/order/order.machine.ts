/**
 * One order from the moment its intent is committed until the broker has settled it.
 * It hands itself to the socket exactly once, and only when it is new; whatever is unclear is asked, never resent.
 * It writes nothing and asks nothing itself: it reports to the desk, which spawned it and owns it.
 */
import { assign, sendParent, setup } from 'xstate';
import { BrokerError } from '../domain/broker-error.ts';
import { failureMessage } from '../domain/failure.ts';
import type { OrderAmendment, OrderState } from '../domain/order.ts';
import { machineOptions } from '../machine.options.ts';
import type {
  OrderContext,
  OrderErrored,
  OrderEvent,
  OrderFilledTo,
  OrderInput,
  OrderMissing,
  OrderReport,
  OrderTold,
} from './order.events.ts';
import {
  addPermId,
  agrees,
  errorVerdict,
  initialOrderContext,
  isFilledAt,
  isMissingLongEnough,
  learn,
  noteError,
  noteFills,
  noteMissing,
  says,
  sizingOf,
  sumsUpWith,
  wasExecuted,
  withState,
} from './order.logic.ts';
import type { ExecutionPort } from './order.ports.ts';

/** What an order needs of the world. */
export interface SingleOrderPorts {
  readonly execution: Pick<ExecutionPort, 'place' | 'modify' | 'cancel'>;
  /** Wall clock, epoch ms. */
  now(): number;
}

const report = (of: (context: OrderContext) => OrderReport) =>
  sendParent<OrderContext, OrderEvent, undefined, OrderReport, OrderEvent>(({ context }) => of(context));

/** Nothing left, or nobody can say. */
function failureOf(error: unknown): { readonly isNothingSent: boolean; readonly message: string } {
  const isNothingSent = error instanceof BrokerError && error.code === 'unavailable';
  return { isNothingSent, message: failureMessage(error) };
}

/** Asked, the broker shows the order working as it was before the change. */
const showsOldTerms = (context: OrderContext, told: OrderTold): boolean =>
  told.via === 'open' && says(context, told) === 'same' && !agrees(context, told);

type Told = { event: OrderTold };
type Errored = { event: OrderErrored };
type Filled = { event: OrderFilledTo };
type Missing = { event: OrderMissing };

// What an event carries, handed to guards and actions by name.
const toldParams = { type: 'learn', params: ({ event }: Told) => event } as const;
const fillParams = { type: 'recordFills', params: ({ event }: Filled) => event } as const;
const errorParams = { type: 'recordError', params: ({ event }: Errored) => event } as const;
const missingParams = { type: 'recordMissing', params: ({ event }: Missing) => event } as const;
const enter = (state: OrderState) => [{ type: 'enter', params: { state } } as const, 'report' as const];
const on = {
  says: (verdict: ReturnType<typeof says>) =>
    ({ type: 'says', params: ({ event }: Told) => ({ told: event, verdict }) }) as const,
  error: (verdict: ReturnType<typeof errorVerdict>) =>
    ({ type: 'errorMeans', params: ({ event }: Errored) => ({ code: event.code, verdict }) }) as const,
  sumsUp: { type: 'sumsUpTo', params: ({ event }: Filled) => event } as const,
  goneUnfilled: { type: 'isGoneUnfilled', params: ({ event }: Missing) => event } as const,
  gone: { type: 'isGone', params: ({ event }: Missing) => event } as const,
};

/** Builds the order machine over its ports; all of them are needed. */
export function createOrderMachine(ports: SingleOrderPorts) {
  return setup({
    types: {
      context: {} as OrderContext,
      events: {} as OrderEvent,
      input: {} as OrderInput,
    },
    delays: {
      ackTimeout: ({ context }) => context.timing.ackMs,
      cancelTimeout: ({ context }) => context.timing.cancelMs,
      cancelAskTimeout: ({ context }) => context.timing.cancelAskMs,
      fillsTimeout: ({ context }) => context.timing.fillsMs,
    },
    guards: {
      isNew: ({ context }) => context.intent !== null,
      wasWorking: ({ context }) => context.order.state === 'working',
      isUnheard: ({ context }) => ['sent', 'unknown'].includes(context.order.state),
      isFilledUp: ({ context }) => sumsUpWith(context, context.order.filled),
      agrees: ({ context }, told: OrderTold) =>
        says(context, told) === 'same' && agrees(context, told) && !isFilledAt(context, told),
      agreesToWhatFilled: ({ context }, told: OrderTold) =>
        says(context, told) === 'same' && agrees(context, told) && isFilledAt(context, told),
      isRefusedAmend: ({ context }, told: OrderTold) => showsOldTerms(context, told) && context.code !== null,
      isIgnoredAmend: ({ context }, told: OrderTold) => showsOldTerms(context, told) && context.code === null,
      mayConcernAmend: ({ context }, params: { code: number }) =>
        ['rejected', 'unknown'].includes(errorVerdict(context, params.code)),
      says: ({ context }, params: { told: OrderTold; verdict: ReturnType<typeof says> }) =>
        says(context, params.told) === params.verdict,
      isStillWorking: (_, told: OrderTold) =>
        told.via === 'open' && ['PreSubmitted', 'Submitted', 'Inactive'].includes(told.status),
      errorMeans: ({ context }, params: { code: number; verdict: ReturnType<typeof errorVerdict> }) =>
        errorVerdict(context, params.code) === params.verdict,
      sumsUpTo: ({ context }, fills: OrderFilledTo) => sumsUpWith(context, fills.filled),
      isGone: ({ context }, missing: OrderMissing) => isMissingLongEnough(context, missing),
      isGoneUnfilled: ({ context }, missing: OrderMissing) =>
        isMissingLongEnough(context, missing) && !wasExecuted(context, missing),
    },
    actions: {
      /** The one and only hand-over to the socket. */
      placeOrder: ({ context, self }) => {
        const { intent, order, place } = context;
        if (intent === null || order.orderId === null || order.account === null) {
          self.send({ type: 'place.refused', message: 'no order id or account was given' });
          return;
        }
        try {
          ports.execution.place({ orderId: order.orderId, account: order.account, intent, ...place });
          self.send({ type: 'place.done' });
        } catch (error) {
          const { isNothingSent, message } = failureOf(error);
          self.send({ type: isNothingSent ? 'place.refused' : 'place.failed', message });
        }
      },
      /** Under the same order id: an order that the broker does not know by then is a new one with the old id. */
      sendAmendment: ({ context, self }, params: { parentOrderId: number | null }) => {
        const { amendment, order } = context;
        if (amendment === null || order.orderId === null || order.account === null) {
          self.send({ type: 'amend.refused', message: 'its order id or account is unknown' });
          return;
        }
        const { orderId, account } = order;
        const intent = { ...order, ...sizingOf(amendment) };
        try {
          const { parentOrderId } = params;
          ports.execution.modify({ orderId, account, intent, parentOrderId, transmit: true });
        } catch (error) {
          const { isNothingSent, message } = failureOf(error);
          // What may have left is waited for like what has left.
          if (isNothingSent) self.send({ type: 'amend.refused', message });
        }
      },
      cancelOrder: ({ context, self }) => {
        try {
          if (context.order.orderId === null) throw new BrokerError('unavailable', 'its order id is unknown');
          ports.execution.cancel(context.order.orderId);
          self.send({ type: 'cancel.done' });
        } catch (error) {
          self.send({ type: 'cancel.refused', message: failureMessage(error) });
        }
      },
      enter: assign(({ context }, params: { state: OrderState }) => withState(context, params.state)),
      startDoubt: assign(() => ({ doubtfulSince: ports.now(), missingSince: null })),
      forgetCode: assign(() => ({ code: null })),
      wantAmendment: assign((_, params: { amendment: OrderAmendment }) => ({
        amendment: params.amendment,
        mayBeAmended: true,
        code: null,
      })),
      dropAmendment: assign({ amendment: null }),
      learn: assign(({ context }, told: OrderTold) => learn(context, told)),
      learnMeanwhile: assign(({ context }, told: OrderTold) => ({
        ...learn(context, told),
        amendment: context.amendment,
      })),
      learnPermId: assign(({ context }, params: { permId: number }) => ({
        order: { ...context.order, permIds: addPermId(context.order.permIds, params.permId) },
      })),
      explain: assign(({ context }, params: { message: string }) => ({
        order: { ...context.order, message: params.message },
      })),
      recordFills: assign(({ context }, fills: OrderFilledTo) => noteFills(context, fills)),
      recordError: assign(({ context }, error: OrderErrored) => noteError(context, error)),
      recordMissing: assign(({ context }, missing: OrderMissing) => noteMissing(context, missing)),
      report: report(({ order, code }) => ({ type: 'order.moved', order, code })),
      askBroker: report(({ order }) => ({ type: 'order.doubted', ref: order.ref })),
      reportCancelRefused: report(({ order, code }) => ({
        type: 'order.cancelRefused',
        ref: order.ref,
        code,
        message: code === null ? 'the broker did not act on the cancel' : (order.message ?? `code ${code}`),
      })),
      reportCancelNotSent: sendParent(({ context }, params: { message: string }) => ({
        type: 'order.cancelNotSent',
        ref: context.order.ref,
        message: params.message,
      })),
      reportAmended: report(({ order, code, amendment }) => ({
        type: 'order.amended',
        ref: order.ref,
        outcome: amendment === null ? 'accepted' : 'unknown',
        code,
        message: amendment === null ? '' : 'the broker has not confirmed the change',
      })),
      reportAmendRefused: report(({ order, code }) => ({
        type: 'order.amended',
        ref: order.ref,
        outcome: 'rejected',
        code,
        message: order.message ?? `code ${code}`,
      })),
      reportAmendNotSent: sendParent(({ context }, params: { message: string }) => ({
        type: 'order.amended',
        ref: context.order.ref,
        outcome: 'notSent',
        code: null,
        message: params.message,
      })),
      alarm: sendParent(({ context }, params: { message: string }) => ({
        type: 'order.alarmed',
        ref: context.order.ref,
        message: params.message,
      })),
    },
  }).createMachine({
    id: 'order',
    options: machineOptions,
    context: ({ input }) => initialOrderContext(input),
    initial: 'deciding',
    on: {
      'order.told': [
        { guard: on.says('filled'), target: '.collectingFills', actions: toldParams },
        { guard: on.says('cancelled'), target: '.cancelled', actions: toldParams },
        { guard: on.says('rejected'), target: '.rejected', actions: toldParams },
        { guard: on.says('working'), target: '.working', actions: toldParams },
        { guard: on.says('cancelling'), target: '.cancelling', actions: toldParams },
        { guard: on.says('ask'), actions: [toldParams, 'report', 'askBroker'] },
        {
          guard: on.says('alarm'),
          actions: [
            toldParams,
            'report',
            {
              type: 'alarm',
              params: ({ event }) => ({ message: `found status "${event.status}", expected one of IBKR's` }),
            },
          ],
        },
        { actions: [toldParams, 'report'] },
      ],
      'order.errored': [
        { guard: on.error('rejected'), target: '.rejected', actions: errorParams },
        { guard: on.error('cancelled'), target: '.cancelled', actions: errorParams },
        { guard: on.error('cancelRefused'), actions: 'askBroker' },
        {
          guard: on.error('unknown'),
          actions: [
            {
              type: 'alarm',
              params: ({ event }) => ({ message: `code ${event.code} changes nothing: ${event.message}` }),
            },
            'askBroker',
          ],
        },
      ],
      'order.filledTo': [
        { guard: on.sumsUp, target: '.filled', actions: fillParams },
        { guard: 'isUnheard', target: '.working', actions: fillParams },
        { actions: [fillParams, 'report'] },
      ],
      'order.learned': {
        actions: [{ type: 'learnPermId', params: ({ event }) => event }, 'report'],
      },
      'order.cancel': { actions: ['forgetCode', 'cancelOrder'] },
      'cancel.done': '.cancelling',
      'cancel.refused': { actions: { type: 'reportCancelNotSent', params: ({ event }) => event } },
    },
    states: {
      deciding: {
        description: 'A new order is sent; one that may have been sent before is asked about, never sent.',
        always: [
          { guard: 'isNew', target: 'sending' },
          { guard: 'wasWorking', target: 'working' },
          { target: 'unknown' },
        ],
      },
      sending: {
        entry: [...enter('sent'), 'placeOrder'],
        on: {
          'place.done': 'awaitingAck',
          'place.refused': { target: 'absent', actions: { type: 'explain', params: ({ event }) => event } },
          'place.failed': { target: 'unknown', actions: { type: 'explain', params: ({ event }) => event } },
        },
      },
      awaitingAck: {
        description: 'Handed to the socket; the broker has said nothing yet.',
        after: { ackTimeout: 'unknown' },
        on: { 'order.linkLost': 'unknown' },
      },
      unknown: {
        description: 'In flight until the broker, asked, has settled it. It is never resent.',
        entry: [...enter('unknown'), 'startDoubt', 'askBroker'],
        on: {
          'order.missing': [
            {
              guard: on.goneUnfilled,
              target: 'absent',
              actions: { type: 'explain', params: { message: 'the broker, asked twice, does not know it' } },
            },
            {
              guard: on.gone,
              target: 'cancelled',
              actions: { type: 'explain', params: { message: 'no longer known to the broker' } },
            },
            { actions: missingParams },
          ],
        },
      },
      working: {
        entry: enter('working'),
        on: {
          'order.missing': [{ guard: on.gone, target: 'unknown' }, { actions: missingParams }],
        },
        initial: 'steady',
        states: {
          steady: {
            on: {
              'order.amend': {
                target: 'amending',
                actions: [
                  { type: 'wantAmendment', params: ({ event }) => event },
                  { type: 'sendAmendment', params: ({ event }) => event },
                ],
              },
            },
          },
          amending: {
            description:
              'A change is on its way. An error says nothing about the order itself: it may work as before, so that the broker is asked.',
            on: {
              'order.told': [
                {
                  guard: { type: 'agreesToWhatFilled', params: ({ event }) => event },
                  target: '#order.filled',
                  actions: [toldParams, 'reportAmended'],
                },
                {
                  guard: { type: 'agrees', params: ({ event }) => event },
                  target: 'steady',
                  actions: [toldParams, 'report', 'reportAmended'],
                },
                // Said before the broker had the change: it is still on its way.
                {
                  guard: on.says('same'),
                  actions: [{ type: 'learnMeanwhile', params: ({ event }) => event }, 'report'],
                },
              ],
              'order.errored': {
                guard: { type: 'mayConcernAmend', params: ({ event }) => event },
                target: '.asking',
                actions: errorParams,
              },
              'order.linkLost': { target: 'steady', actions: 'reportAmended' },
              'amend.refused': {
                target: 'steady',
                actions: ['dropAmendment', { type: 'reportAmendNotSent', params: ({ event }) => event }],
              },
            },
            initial: 'requested',
            states: {
              requested: { after: { ackTimeout: 'asking' } },
              asking: {
                entry: 'askBroker',
                on: {
                  'order.told': [
                    {
                      guard: { type: 'isRefusedAmend', params: ({ event }) => event },
                      target: '#order.working.steady',
                      actions: [toldParams, 'report', 'reportAmendRefused'],
                    },
                    {
                      guard: { type: 'isIgnoredAmend', params: ({ event }) => event },
                      target: '#order.working.steady',
                      actions: ['reportAmended', toldParams, 'report'],
                    },
                  ],
                },
                after: { cancelAskTimeout: { target: '#order.working.steady', actions: 'reportAmended' } },
              },
            },
          },
        },
      },
      cancelling: {
        description: 'A cancel is on its way: still exposure until settled.',
        entry: enter('cancelling'),
        on: {
          'order.linkLost': 'unknown',
          'order.missing': [{ guard: on.gone, target: 'unknown' }, { actions: missingParams }],
          'order.errored': {
            guard: on.error('cancelRefused'),
            target: '.asking',
            actions: [errorParams, 'report'],
          },
        },
        initial: 'requested',
        states: {
          requested: { after: { cancelTimeout: 'asking' } },
          asking: {
            entry: 'askBroker',
            on: {
              'order.told': {
                guard: { type: 'isStillWorking', params: ({ event }) => event },
                target: '#order.working',
                actions: [toldParams, 'reportCancelRefused'],
              },
            },
            after: { cancelAskTimeout: '#order.unknown' },
          },
        },
      },
      collectingFills: {
        description: 'The broker says Filled; its executions are awaited.',
        entry: [...enter('working'), 'askBroker'],
        always: { guard: 'isFilledUp', target: 'filled' },
        on: {
          'order.told': { actions: [toldParams, 'report'] },
          'order.errored': {},
          'order.cancel': {
            actions: { type: 'reportCancelNotSent', params: { message: 'the broker says it is filled' } },
          },
        },
        after: {
          fillsTimeout: {
            target: 'filled',
            actions: {
              type: 'alarm',
              params: ({ context }) => ({
                message: `the broker says Filled, its executions add up to ${context.order.filled} of ${context.order.quantity}`,
              }),
            },
          },
        },
      },
      filled: { type: 'final', entry: enter('filled') },
      cancelled: { type: 'final', entry: enter('cancelled') },
      rejected: { type: 'final', entry: enter('rejected') },
      absent: { type: 'final', entry: enter('absent') },
    },
  });
}

export type OrderMachine = ReturnType<typeof createOrderMachine>;

const notProvided = (port: string) => (): never => {
  throw new Error(`order: port "${port}" was not provided`);
};

/** The chart alone, to draw and to read; started, it reports that its ports are missing. */
export const orderMachine: OrderMachine = createOrderMachine({
  execution: {
    place: notProvided('place'),
    modify: notProvided('modify'),
    cancel: notProvided('cancel'),
  },
  now: () => 0,
});
