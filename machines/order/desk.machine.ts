/**
 * The order desk: the only one who hands orders to the broker. It gives out order ids, has intents committed, owns one
 * order actor for each order in flight, and has everything recorded that the broker says of orders, whoever placed them.
 * It never queues an order for a later connection, never sends one twice, and never touches an order of somebody else.
 *
 * The broker supervisor owns it (systemId `orderDesk`) and sends it `connection.ready` and `connection.lost`; after a
 * restart of the desk alone it is sent `connection.ready` again, and asks the broker itself before it opens.
 */
import {
  assign,
  type EventObject,
  enqueueActions,
  fromCallback,
  fromPromise,
  raise,
  type SnapshotFrom,
  setup,
  stateIn,
} from 'xstate';
import { failureMessage } from '../domain/failure.ts';
import { machineOptions } from '../machine.options.ts';
import { type AmendmentReport, createAmendmentMachine } from './amendment.machine.ts';
import { amend, amended, type MayChange, settleAmendment } from './desk.amend.ts';
import {
  announce,
  answerAsked,
  cancel,
  forgetPacing,
  hearProgress,
  loseConnection,
  type MayLeave,
  noteReady,
  reconcile,
  recover,
  releaseHeld,
  releaseMore,
  type StoredOrders,
  settleSubmission,
  submit,
  turnAway,
} from './desk.commands.ts';
import type {
  AmendCommand,
  AmendEnd,
  CancelCommand,
  CancelRefusal,
  DeskContext,
  DeskEmitted,
  DeskEvent,
  DeskInput,
  DeskState,
  OrderMove,
  ProgressReport,
  ReadyNews,
  SubmitCommand,
  WrittenReport,
} from './desk.events.ts';
import { hearNews, hearTruth, hearWritten, initialDesk } from './desk.logic.ts';
import { orderActor, perform } from './desk.perform.ts';
import { cancelRefused, moveOrder, reviveOrder } from './desk.reports.ts';
import { createOrderMachine } from './order.machine.ts';
import type { BrokerOrderNews, BrokerTruth, ExecutionPort, OrderStorePort } from './order.ports.ts';
import { createRecorderMachine } from './recorder.machine.ts';
import { createSubmissionMachine, type SubmissionReport } from './submission.machine.ts';

/** All that the desk and its children need of the world. */
export interface OrderPorts {
  readonly execution: ExecutionPort;
  readonly store: OrderStorePort;
  /** Wall clock, epoch ms. */
  now(): number;
  /** The last gate, e.g. risk. @default everything may leave */
  readonly mayLeave?: MayLeave;
  /** The same for new terms of an order that works. @default everything may be changed */
  readonly mayChange?: MayChange;
}

/** The exit signal of an order actor that failed; its type names the actor. */
type OrderActorFailure = {
  readonly type: `xstate.error.actor.order:${string}`;
  readonly actorId: string;
  readonly error: unknown;
};

const saying = <T extends DeskEvent['type']>(_type: T) => {
  type Said = Extract<DeskEvent, { type: T }>;
  return { params: ({ event }: { event: Said }) => event };
};

/** Builds the desk over its ports; all of them are needed. */
export function createDeskMachine(ports: OrderPorts) {
  return setup({
    types: {
      context: {} as DeskContext,
      events: {} as DeskEvent | OrderActorFailure,
      emitted: {} as DeskEmitted,
      input: {} as DeskInput,
    },
    actors: {
      order: createOrderMachine(ports),
      submission: createSubmissionMachine(ports.store),
      amendment: createAmendmentMachine(ports.store),
      recorder: createRecorderMachine(ports.store),
      /** Live news over all connections, for as long as the desk lives. */
      news: fromCallback<EventObject>(({ sendBack }) =>
        ports.execution.subscribe((news: BrokerOrderNews) => sendBack(news)),
      ),
      loadStored: fromPromise<StoredOrders>(async () => {
        const [unsettled, highWater] = await Promise.all([
          ports.store.unsettled(),
          ports.store.orderIdHighWater(),
        ]);
        return { unsettled, highWater };
      }),
      askBroker: fromPromise<BrokerTruth>(async () => ports.execution.ask()),
    },
    delays: {
      pollPause: ({ context }) => context.timing.pollMs,
      askTimeout: ({ context }) => context.timing.askMs,
      storeRetry: ({ context }) => context.timing.storeRetryMs,
    },
    guards: {
      isAllStored: ({ context }) => context.pendingOurs === 0,
      wantsToAskAgain: ({ context }) => context.askAgain,
    },
    actions: {
      noteReady: enqueueActions(({ context, enqueue }, news: ReadyNews) =>
        perform(enqueue, noteReady(context, news)),
      ),
      announce: enqueueActions(({ context, enqueue }, params: { state: DeskState }) =>
        perform(enqueue, announce(context, params.state)),
      ),
      recoverOrders: enqueueActions(({ context, enqueue }, stored: StoredOrders) =>
        perform(enqueue, recover(context, stored)),
      ),
      loseConnection: enqueueActions(({ context, enqueue }, params: { cause: string }) =>
        perform(enqueue, loseConnection(context, params.cause)),
      ),
      submit: enqueueActions(({ context, enqueue }, command: SubmitCommand) =>
        perform(enqueue, submit(context, command, ports.mayLeave)),
      ),
      turnAway: enqueueActions(({ context, enqueue }, params: { requestId: string }) =>
        perform(enqueue, turnAway(context, params.requestId)),
      ),
      sendCommitted: enqueueActions(({ context, enqueue }, report: SubmissionReport) =>
        perform(
          enqueue,
          settleSubmission(context, report, { isOpen: true, now: ports.now(), mayLeave: ports.mayLeave }),
        ),
      ),
      abandonCommitted: enqueueActions(({ context, enqueue }, report: SubmissionReport) =>
        perform(enqueue, settleSubmission(context, report, { isOpen: false, now: ports.now() })),
      ),
      cancelOrder: enqueueActions(({ context, enqueue }, command: CancelCommand) =>
        perform(enqueue, cancel(context, command, ports.now())),
      ),
      amendOrder: enqueueActions(({ context, enqueue }, command: AmendCommand) =>
        perform(enqueue, amend(context, command, ports.mayChange)),
      ),
      sendAmendment: enqueueActions(({ context, enqueue }, report: AmendmentReport) =>
        perform(enqueue, settleAmendment(context, report, true, ports.mayChange)),
      ),
      abandonAmendment: enqueueActions(({ context, enqueue }, report: AmendmentReport) =>
        perform(enqueue, settleAmendment(context, report, false)),
      ),
      endAmendment: enqueueActions(({ context, enqueue }, report: AmendEnd) =>
        perform(enqueue, amended(context, report)),
      ),
      refuseCancel: enqueueActions(({ context, enqueue }, report: CancelRefusal) =>
        perform(enqueue, cancelRefused(context, report)),
      ),
      moveOrder: enqueueActions(({ context, enqueue }, report: OrderMove) =>
        perform(enqueue, moveOrder(context, report, ports.now())),
      ),
      reviveOrder: enqueueActions(({ context, enqueue }, params: { actorId: string; reason: string }) =>
        perform(enqueue, reviveOrder(context, params.actorId.slice(orderActor('').length), params.reason)),
      ),
      alarm: enqueueActions(({ enqueue }, params: { message: string }) =>
        enqueue.emit({ type: 'desk.alarm', message: params.message }),
      ),
      hearNews: enqueueActions(({ context, enqueue }, news: BrokerOrderNews) =>
        perform(enqueue, hearNews(context, news)),
      ),
      hearTruth: enqueueActions(({ context, enqueue }, truth: BrokerTruth) =>
        perform(enqueue, hearTruth(context, truth, context.askedAt)),
      ),
      hearWritten: enqueueActions(({ context, enqueue }, { writing, result }: WrittenReport) =>
        perform(enqueue, hearWritten(context, writing, result)),
      ),
      hearProgress: enqueueActions(({ context, enqueue }, report: ProgressReport) =>
        perform(enqueue, hearProgress(context, report)),
      ),
      releaseHeld: enqueueActions(({ context, enqueue }) =>
        perform(enqueue, releaseHeld(context, ports.execution.headroom())),
      ),
      releaseMore: enqueueActions(({ context, enqueue }) => perform(enqueue, releaseMore(context))),
      forgetPacing: enqueueActions(({ context, enqueue }) => perform(enqueue, forgetPacing(context))),
      reconcile: enqueueActions(({ context, enqueue }, params: { requestId: string }) =>
        perform(enqueue, reconcile(context, params.requestId)),
      ),
      answerAsked: enqueueActions(({ context, enqueue }, params: { failure: string | null }) =>
        perform(enqueue, answerAsked(context, params.failure)),
      ),
      startAsking: assign(() => ({ askedAt: ports.now(), askAgain: false })),
      wantToAskAgain: assign({ askAgain: true }),
      askBroker: raise({ type: 'desk.ask' }),
    },
  }).createMachine({
    id: 'orderDesk',
    options: machineOptions,
    context: ({ input }) => initialDesk(input),
    invoke: [
      { id: 'recorder', src: 'recorder' },
      { id: 'news', src: 'news' },
    ],
    on: {
      // Never gated: what the broker says of orders is taken in every state.
      'broker.*': { actions: { type: 'hearNews', params: ({ event }) => event } },
      'recorder.written': {
        actions: [{ type: 'hearWritten', ...saying('recorder.written') }, 'releaseMore'],
      },
      'recorder.progress': { actions: { type: 'hearProgress', ...saying('recorder.progress') } },
      'recorder.failing': {
        actions: {
          type: 'alarm',
          params: ({ event }) => ({ message: `the database refuses to record orders: ${event.message}` }),
        },
      },
      'order.moved': { actions: { type: 'moveOrder', ...saying('order.moved') } },
      'order.doubted': { actions: 'askBroker' },
      'order.cancelRefused': { actions: { type: 'refuseCancel', ...saying('order.cancelRefused') } },
      'order.cancelNotSent': { actions: { type: 'refuseCancel', ...saying('order.cancelNotSent') } },
      'order.amended': { actions: { type: 'endAmendment', ...saying('order.amended') } },
      'order.alarmed': {
        actions: {
          type: 'alarm',
          params: ({ event }) => ({ message: `order "${event.ref}": ${event.message}` }),
        },
      },
      'xstate.error.actor.*': {
        guard: ({ event }) => event.actorId.startsWith(orderActor('')),
        actions: {
          type: 'reviveOrder',
          params: ({ event }) => ({ actorId: event.actorId, reason: failureMessage(event.error) }),
        },
      },
      // While the desk is not open.
      'desk.submit': { actions: { type: 'turnAway', ...saying('desk.submit') } },
      'desk.cancel': { actions: { type: 'turnAway', ...saying('desk.cancel') } },
      'desk.amend': { actions: { type: 'turnAway', ...saying('desk.amend') } },
      'desk.reconcile': { actions: { type: 'turnAway', ...saying('desk.reconcile') } },
      'desk.release': {},
      'desk.paced': { actions: 'forgetPacing' },
      'submission.settled': { actions: { type: 'abandonCommitted', ...saying('submission.settled') } },
      'amendment.settled': { actions: { type: 'abandonAmendment', ...saying('amendment.settled') } },
    },
    type: 'parallel',
    states: {
      desk: {
        initial: 'waiting',
        on: {
          'connection.ready': {
            target: '.recovering',
            actions: { type: 'noteReady', ...saying('connection.ready') },
          },
          'connection.lost': {
            target: '.waiting',
            actions: { type: 'loseConnection', ...saying('connection.lost') },
          },
        },
        states: {
          waiting: {
            description: 'No ready connection. Submissions are turned away before anything is committed.',
            entry: { type: 'announce', params: { state: 'waiting' } },
          },
          recovering: {
            description: 'Every unsettled order is settled against the broker. Nothing is ever placed here.',
            entry: { type: 'announce', params: { state: 'recovering' } },
            initial: 'loading',
            states: {
              loading: {
                invoke: {
                  id: 'loadStored',
                  src: 'loadStored',
                  onDone: {
                    target: 'asking',
                    actions: { type: 'recoverOrders', params: ({ event }) => event.output },
                  },
                  onError: {
                    target: 'storeDown',
                    actions: {
                      type: 'alarm',
                      params: ({ event }) => ({
                        message: `the stored orders cannot be loaded: ${failureMessage(event.error)}`,
                      }),
                    },
                  },
                },
              },
              storeDown: { after: { storeRetry: 'loading' } },
              asking: {
                entry: 'askBroker',
                on: {
                  'truth.heard': 'recording',
                  'truth.missed': 'resting',
                },
              },
              resting: { after: { pollPause: 'asking' } },
              recording: { always: { guard: 'isAllStored', target: '#orderDesk.desk.open' } },
            },
          },
          open: {
            entry: [{ type: 'announce', params: { state: 'open' } }, 'releaseMore'],
            on: {
              'desk.release': { actions: 'releaseHeld' },
              'desk.paced': { actions: ['forgetPacing', 'releaseHeld'] },
              'desk.submit': { actions: { type: 'submit', ...saying('desk.submit') } },
              'desk.cancel': { actions: { type: 'cancelOrder', ...saying('desk.cancel') } },
              'desk.amend': { actions: { type: 'amendOrder', ...saying('desk.amend') } },
              'amendment.settled': { actions: { type: 'sendAmendment', ...saying('amendment.settled') } },
              'desk.reconcile': { actions: { type: 'reconcile', ...saying('desk.reconcile') } },
              'submission.settled': { actions: { type: 'sendCommitted', ...saying('submission.settled') } },
            },
          },
        },
      },
      inquiry: {
        description:
          'Asks the broker for open orders, completed orders and executions; one question at a time.',
        initial: 'off',
        on: { 'connection.lost': '.off', 'connection.ready': '.resting' },
        states: {
          off: {},
          resting: {
            always: { guard: 'wantsToAskAgain', target: 'asking' },
            on: { 'desk.ask': 'asking' },
            after: { pollPause: { guard: stateIn({ desk: 'open' }), target: 'asking' } },
          },
          asking: {
            entry: 'startAsking',
            invoke: {
              id: 'askBroker',
              src: 'askBroker',
              onDone: {
                target: 'resting',
                actions: [
                  { type: 'hearTruth', params: ({ event }) => event.output },
                  { type: 'answerAsked', params: { failure: null } },
                  raise({ type: 'truth.heard' }),
                ],
              },
              onError: {
                target: 'resting',
                actions: [
                  {
                    type: 'answerAsked',
                    params: ({ event }) => ({ failure: failureMessage(event.error) }),
                  },
                  raise({ type: 'truth.missed' }),
                ],
              },
            },
            on: { 'desk.ask': { actions: 'wantToAskAgain' } },
            after: {
              askTimeout: {
                target: 'resting',
                actions: [
                  { type: 'answerAsked', params: { failure: 'the broker did not answer in time' } },
                  raise({ type: 'truth.missed' }),
                ],
              },
            },
          },
        },
      },
    },
  });
}

export type DeskMachine = ReturnType<typeof createDeskMachine>;

/** Where the desk stands. */
export const deskState = (snapshot: SnapshotFrom<DeskMachine>): DeskState =>
  snapshot.matches({ desk: 'open' })
    ? 'open'
    : snapshot.matches({ desk: 'recovering' })
      ? 'recovering'
      : 'waiting';

const missing = (port: string) => (): never => {
  throw new Error(`order desk: port "${port}" was not provided`);
};

/** The chart alone, to draw and to read; started, it reports that its ports are missing. */
export const deskMachine: DeskMachine = createDeskMachine({
  execution: {
    place: missing('place'),
    modify: missing('modify'),
    cancel: missing('cancel'),
    headroom: missing('headroom'),
    ask: missing('ask'),
    subscribe: missing('subscribe'),
  },
  store: {
    commitIntent: missing('commitIntent'),
    commitAmendment: missing('commitAmendment'),
    recordCancel: missing('recordCancel'),
    update: missing('update'),
    get: missing('get'),
    unsettled: missing('unsettled'),
    saveForeign: missing('saveForeign'),
    recordExecution: missing('recordExecution'),
    recordCommission: missing('recordCommission'),
    orderIdHighWater: missing('orderIdHighWater'),
    saveOrderIdHighWater: missing('saveOrderIdHighWater'),
  },
  now: missing('now'),
});
